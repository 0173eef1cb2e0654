"""Pictures of scores and bets: you beside your delegate, what predictors think, and how right one of them was."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from decisions.calibration import ResolvedBet, calibration, wilson
from pod.plots.brier_curve import brier_curve
from pod.plots.calibration_curve import calibration_curve
from pod.plots.forecasts import Forecast, forecast_fan, forecast_strips, spread_of
from pod.plots.plot import Plot
from pod.plots.standpoints import MOST_DRAWN, Standpoint, standpoints
from pod.translations import translator_for
from protocol.ids import RecordId
from tests.pod.plots.test_decision_plots import LONG, OPENED, sound

EN, SV = translator_for("en"), translator_for("sv")
DAY_MS = 86_400_000

# V3


def test_v3_three_shapes_stand_where_the_scores_are() -> None:
    points = [
        Standpoint("Lake", 70, 20, Fraction(160, 3)),
        Standpoint("Hill", 0, 10, None),
        Standpoint("Park", None, None, None),
    ]
    plot = sound(standpoints(EN, points, delegate="Anna", key="p"))
    assert plot.columns == ("Option", "You", "Anna", "The group")
    assert plot.rows == (
        ("Lake", "70", "20", "53.3"),
        ("Hill", "0", "10", "no opinion"),
        ("Park", "no opinion", "no opinion", "no opinion"),
    )
    assert plot.figures.rows[0] == ("Lake", 70, 20, "160/3")
    assert plot.conclusion == "On average you and Anna are 30 points apart; most, 50, on “Lake”."
    swedish = standpoints(SV, points, delegate="Anna", key="p").conclusion
    assert swedish == "I snitt skiljer det 30 poäng mellan dig och Anna; mest, 50, på ”Lake”."
    own = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"[^>]*class="own"', plot.svg)]
    assert own[1:] == [pytest.approx(8 + 344 * share, abs=0.1) for share in (0.7, 0.0)], "after the legend's"


def test_v3_who_is_not_to_be_seen_yet_is_not_in_the_legend() -> None:
    plot = sound(standpoints(EN, [Standpoint("Lake", 50, 50)], delegate="Anna", key="p"))
    assert 'class="group"' not in plot.svg
    assert plot.columns == ("Option", "You", "Anna")
    assert plot.conclusion == "You and Anna gave the same scores."
    alone = standpoints(SV, [Standpoint("Lake", 50, None)], delegate="Anna", key="p")
    assert alone.conclusion == "Det finns inget alternativ som både du och Anna gav poäng."


def test_v3_a_hundred_options_stay_small() -> None:
    points = [Standpoint(LONG, at, 100 - at, Fraction(at, 3)) for at in range(100)]
    plot = sound(standpoints(SV, points, delegate=LONG, key="p"))
    assert plot.svg.count('class="own"') == MOST_DRAWN + 1
    assert len(plot.rows) == 100


@pytest.mark.parametrize(
    ("point", "delegate", "title", "said", "swedish"),
    [
        (
            Standpoint("Lake", 70, None, Fraction(95, 2)),
            "",
            "You and the group",
            "On average you and the group are 22.5 points apart; most, 22.5, on “Lake”.",
            "I snitt skiljer det 22,5 poäng mellan dig och gruppen; mest, 22,5, på ”Lake”.",
        ),
        (
            Standpoint("Lake", None, 40, Fraction(50)),
            "Anna",
            "You, Anna and the group",
            "On average Anna and the group are 10 points apart; most, 10, on “Lake”.",
            "I snitt skiljer det 10 poäng mellan Anna och gruppen; mest, 10, på ”Lake”.",
        ),
        (
            Standpoint("Lake", None, 40),
            "Anna",
            "You and Anna",
            "Anna gave most to “Lake”: 40 of 100.",
            "Anna gav mest till ”Lake”: 40 av 100.",
        ),
        (
            Standpoint("Lake", 50, None, Fraction(50)),
            "",
            "You and the group",
            "You gave what the group gave on average.",
            "Du gav det som gruppen gav i snitt.",
        ),
    ],
)
def test_v3_those_are_compared_who_are_to_be_seen(
    point: Standpoint, delegate: str, title: str, said: str, swedish: str
) -> None:
    plot = sound(standpoints(EN, [point], delegate=delegate, key="p"))
    assert (plot.title, plot.conclusion) == (title, said)
    assert standpoints(SV, [point], delegate=delegate, key="p").conclusion == swedish


# V4


def test_v4_bands_hold_half_and_nine_of_ten_of_the_bets() -> None:
    assert spread_of(range(0, 1001, 10)) == tuple(Fraction(bound, 100) for bound in (5, 25, 50, 75, 95))
    assert spread_of([300]) == (Fraction(3, 10),) * 5
    assert spread_of([0, 1000]) == tuple(Fraction(bound, 100) for bound in (5, 25, 50, 75, 95))
    assert spread_of([]) is None


def test_v4_a_strip_has_median_bands_and_number() -> None:
    forecasts = [
        Forecast("Rain", tuple(range(0, 1001, 10)), 0.61),
        Forecast("Snow", (100, 200, 300)),
        Forecast("Hail", ()),
    ]
    plot = sound(forecast_strips(EN, forecasts, key="p"))
    plain = tuple(tuple(cell.replace("\u00a0", " ") for cell in row) for row in plot.rows)
    assert plain[0] == ("Rain", "101", "50 %", "25 % – 75 %", "5 % – 95 %", "61 %")
    assert plain[2] == ("Hail", "0", "", "", "", "")
    assert plot.figures.rows[0] == ("Rain", 101, "1/20", "1/4", "1/2", "3/4", "19/20", 0.61)
    assert plot.conclusion.replace("\u00a0", " ") == "Most likely: Rain (50 %). Least likely: Snow (20 %)."
    swedish = forecast_strips(SV, forecasts, key="p").conclusion
    assert swedish.startswith("Mest sannolikt: Rain")
    assert "no bets" in plot.svg
    assert "101 bets" in plot.svg
    assert forecast_strips(EN, forecasts[2:], key="p").conclusion == "Nobody bet."


def test_v4_a_thousand_predictors_on_a_hundred_statements_stay_small() -> None:
    forecasts = [Forecast(LONG, tuple((at * 7 + n) % 1001 for n in range(1000)), 0.5) for at in range(100)]
    plot = sound(forecast_strips(SV, forecasts, key="p"))
    assert len(plot.rows) == 100
    fan = [(OPENED + at * DAY_MS, tuple((at + n) % 1001 for n in range(1000))) for at in range(200)]
    assert len(sound(forecast_fan(SV, LONG, fan, key="p")).rows) == 200


@pytest.mark.parametrize(
    ("medians", "said", "swedish"),
    [
        ((200, 600), "The median rose from 20 % to 60 %.", "Medianen steg från 20 % till 60 %."),
        ((600, 200), "The median fell from 60 % to 20 %.", "Medianen sjönk från 60 % till 20 %."),
        ((200, 900, 200), "The median is 20 %, as at first.", "Medianen är 20 %, som i början."),
        ((200,), "The median is 20 %.", "Medianen är 20 %."),
        ((), "Nobody bet.", "Ingen har angett någon sannolikhet."),
    ],
)
def test_v4_the_fan_says_where_the_median_went(medians: tuple[int, ...], said: str, swedish: str) -> None:
    points = [(OPENED + at * DAY_MS, (median - 10, median, median + 10)) for at, median in enumerate(medians)]

    def conclusion(plot: Plot) -> str:
        return sound(plot).conclusion.replace("\u00a0", " ")

    assert conclusion(forecast_fan(EN, "Rain", reversed(points), key="p")) == said
    assert conclusion(forecast_fan(SV, "Rain", points, key="p")) == swedish


# V5


def bets(*counted: tuple[int, int, int]) -> list[ResolvedBet]:
    """So many bets of so many thousandths, of which so many came true."""
    found = [(bet, place < came_true) for count, bet, came_true in counted for place in range(count)]
    return [ResolvedBet(RecordId(f"{leaf:03}"), leaf, bet, happened) for leaf, (bet, happened) in enumerate(found)]


def test_dc_16_the_curve_says_how_often_it_happens_with_number_and_bars() -> None:
    plot = sound(calibration_curve(EN, "Eva", calibration(bets((25, 800, 19), (16, 100, 2))), key="p"))
    plain = plot.conclusion.replace("\u00a0", " ")
    assert plain == "When Eva says 80 %, it happens 76 % of the time (41 bets scored)."
    low, high = wilson(19, 25)
    assert plot.rows[8] == (
        "80–90\u00a0%",
        "25",
        "80\u00a0%",
        "76\u00a0% (19)",
        f"{round(100 * low)}–{round(100 * high)}\u00a0%",
    )
    assert plot.rows[0] == ("0–10\u00a0%", "0", "", "", "")
    assert plot.figures.rows[8] == (800, 900, 25, 20_000, 19, round(low, 4), round(high, 4))
    assert plot.svg.count('class="point"') == 2
    assert plot.svg.count('class="whisker"') == 6
    assert 'class="curve"' in plot.svg


@pytest.mark.parametrize(("count", "warns"), [(19, True), (20, False)])
def test_dc_16_below_twenty_bets_the_picture_warns(count: int, warns: bool) -> None:
    found = calibration(bets((count, 900, count)))
    plot = sound(calibration_curve(EN, "Bo", found, key="p"))
    assert plot.conclusion.endswith("That is few: the curve may be chance.") is warns
    swedish = calibration_curve(SV, "Bo", found, key="p").conclusion.replace("\u00a0", " ")
    assert swedish.startswith(f"När Bo säger 90 % händer det i 100 % av fallen ({count} bedömda insatser).")
    assert swedish.endswith("Det är få: kurvan kan vara slump.") is warns
    assert ('class="curve"' in plot.svg) is not warns


@pytest.mark.parametrize(
    ("bet", "mean", "said", "swedish"),
    [
        (900, "0.01", "better than always saying 50 % (0.25).", "bättre än att alltid säga 50 % (0,25)."),
        (100, "0.81", "worse than always saying 50 % (0.25).", "sämre än att alltid säga 50 % (0,25)."),
        (500, "0.25", "as if always saying 50 %.", "som om man alltid sade 50 %."),
    ],
)
def test_dc_15_dc_16_the_score_over_time_is_the_mean_so_far(bet: int, mean: str, said: str, swedish: str) -> None:
    plot = sound(brier_curve(EN, "Eva", calibration(bets((3, bet, 3))), key="p"))
    assert plot.rows == tuple((str(count), mean, mean) for count in (1, 2, 3))
    assert plot.conclusion.startswith(f"After 3 bets the mean is {mean}")
    assert plot.conclusion.endswith(said)
    assert brier_curve(SV, "Eva", calibration(bets((3, bet, 3))), key="p").conclusion.endswith(swedish)
    assert plot.svg.count('class="point"') == 3


def test_v5_of_a_thousand_bets_the_last_hundred_are_drawn_and_all_are_in_the_figures() -> None:
    plot = sound(brier_curve(SV, LONG, calibration(bets((1000, 700, 700))), key="p"))
    assert plot.svg.count('class="point"') == len(plot.rows) == 100
    assert len(plot.figures.rows) == 1000


def test_dc_16_nobody_is_judged_by_nothing() -> None:
    plot = sound(calibration_curve(EN, "Bo", calibration([]), key="p"))
    assert plot.conclusion == "Nothing that Bo bet on has been resolved yet."
    assert 'class="point"' not in plot.svg
