"""Pictures of decisions: each says what it shows, its table has the figures that it was given, and none grows large."""

from __future__ import annotations

import csv
import io
import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest
from markupsafe import escape

from decisions.count import OptionResult
from decisions.mandates import Support
from decisions.phases import DAY_MS, PollPlan, PollTimes, poll_times, second_round
from pod.plots.option_bars import MOST_DRAWN, OptionBar, option_bars
from pod.plots.phase_timeline import phase_timeline
from pod.plots.plot import Plot
from pod.plots.vote_flow import FlowPart, vote_flow
from pod.plots.vote_path import PathChoice, VotePath, vote_path
from pod.translations import translator_for
from pod.web.kit.templates import templates
from tests.support.folders import ROOT

EN, SV = translator_for("en"), translator_for("sv")
OPENED = 1_795_000_000_000
LONG = "<b>Å" * 50
MOST_BYTES = 30_000


def sound(plot: Plot) -> Plot:
    """What holds for every picture."""
    root = ET.fromstring(plot.svg)
    texts = {child.attrib.get("id"): child.text for child in root if child.attrib.get("id")}
    assert [texts[mark] for mark in root.attrib["aria-labelledby"].split()] == [plot.title, plot.conclusion]
    assert root.attrib["role"] == "img"
    assert len(plot.svg.encode()) < MOST_BYTES
    assert not re.search(r"nan|inf|<script| style=", plot.svg)
    assert all(len(row) == len(plot.columns) for row in plot.rows)
    assert all(len(row) == len(plot.figures.names) for row in plot.figures.rows)
    told = list(csv.reader(io.StringIO(plot.figures.csv.removeprefix("\ufeff"))))
    assert told[0] == list(plot.figures.names)
    assert len(told) == len(plot.figures.rows) + 1
    return plot


def widths(plot: Plot, kind: str) -> list[float]:
    return [float(width) for width in re.findall(rf'<rect [^>]*width="([\d.]+)"[^>]* class="{kind}"', plot.svg)]


# V1


def times(**lengths: int) -> PollTimes:
    days = {phase: length * DAY_MS for phase, length in lengths.items()}
    return poll_times(PollPlan(opened_at=OPENED, **days))


ALL = times(proposals=5, predictions=3, bets=2, voting=7)


@pytest.mark.parametrize(
    ("day", "states", "said", "swedish"),
    [
        (0, "now next next next next", "Now: Proposals, until", "Nu: Förslag, till"),
        (9, "past past now next next", "Now: Bets, until 28 Nov 2026 11:06 UTC. Then: Voting.", "Nu: Insatser"),
        (17, "past past past past now", "Then the result is final.", "Sedan är resultatet slutgiltigt."),
        (20, "past past past past past", "All phases are over since 8 Dec 2026", "Alla faser är slut sedan 8 dec"),
        (-1, "next next next next next", "The poll isn't open yet.", "Omröstningen är inte öppen än."),
    ],
)
def test_v1_each_phase_is_over_or_now_or_to_come(day: int, states: str, said: str, swedish: str) -> None:
    drawn = phase_timeline(EN, [ALL], OPENED + day * DAY_MS, key="p")
    assert [step.state for step in drawn.steps] == states.split()
    assert said in sound(drawn.plot).conclusion
    assert swedish in phase_timeline(SV, [ALL], OPENED + day * DAY_MS, key="p").plot.conclusion
    assert [(start, end) for _, start, end, _ in drawn.plot.figures.rows] == [
        (EN.stamp(start), EN.stamp(end)) for _, start, end in ALL.spans
    ]


def test_v1_a_skipped_phase_has_no_segment_and_a_short_one_is_seen() -> None:
    short = poll_times(PollPlan(opened_at=OPENED, bets=60_000, voting=300 * DAY_MS))
    plot = sound(phase_timeline(EN, [short], OPENED, key="p").plot)
    assert [row[0] for row in plot.rows] == ["Bets", "Voting", "Time to contest"]
    assert all(width >= 20 for width in widths(plot, "now") + widths(plot, "next"))
    small = sound(phase_timeline(EN, [short], OPENED, key="p", small=True).plot)
    assert "<text" not in small.svg
    assert len(small.svg) < 1500


def test_v1_the_mark_stands_as_far_in_its_phase_as_that_has_passed() -> None:
    one = times(voting=4)
    marks = [
        float(re.findall(r'd="M([\d.]+) \d+L[^"]*" class="mark"', phase_timeline(EN, [one], at, key="p").plot.svg)[0])
        for at in (OPENED + DAY_MS, OPENED + 2 * DAY_MS, OPENED + 3 * DAY_MS)
    ]
    assert marks[2] - marks[1] == pytest.approx(marks[1] - marks[0], abs=0.2)
    assert marks[0] < marks[1]


def test_v1_delegates_are_locked_within_the_voting() -> None:
    (_, _, _, voting, _) = phase_timeline(EN, [ALL], OPENED, key="p").steps
    assert voting.locked_from == ALL.lock_at
    assert voting.start < ALL.lock_at < voting.end


def test_v1_nobody_contests_a_tie_that_a_second_round_follows() -> None:
    again = poll_times(second_round(PollPlan(opened_at=OPENED, bets=DAY_MS, voting=DAY_MS), ALL.voting_end + 60_000))
    steps = phase_timeline(EN, [ALL, again], OPENED, key="p").steps
    assert [step.name for step in steps][3:] == ["Voting", "Bets", "Voting", "Time to contest"]
    assert steps[4].start == again.opened_at


def test_v1_the_list_below_the_picture_says_the_same() -> None:
    source = '{% import "kit/kit.html" as kit with context %}{{ kit.timeline(drawn) }}'
    drawn = phase_timeline(SV, [ALL], OPENED + 9 * DAY_MS, key="p")
    page = templates().from_string(source).render(say=SV, page=None, drawn=drawn)
    steps = re.findall(r"<li ([^>]*)>(.*?)</li>", page)
    assert len(steps) == len(drawn.plot.rows) == 5
    assert steps[2][0] == 'class="is-now" aria-current="step"'
    assert steps[2][1].startswith("Insatser (nu): <time datetime=")
    assert "Ombuden är låsta från <time" in steps[3][1]


# V2


def banded(spread: dict[int, Support]) -> tuple[Support, ...]:
    """Scores in their ten bands."""
    bands = [[one for score, one in spread.items() if min(score // 10, 9) == band] for band in range(10)]
    return tuple(Support(sum(one.direct for one in band), sum(one.delegated for one in band)) for band in bands)


def scored(number: int, spread: dict[int, Support], *, won: bool = False, name: str = "") -> OptionBar:
    total = Support(
        sum(score * one.direct for score, one in spread.items()),
        sum(score * one.delegated for score, one in spread.items()),
    )
    opinions = Support(sum(one.direct for one in spread.values()), sum(one.delegated for one in spread.values()))
    mean = str(Fraction(total.total, opinions.total)) if opinions.total else None
    result = OptionResult(f"{number:02}", total, opinions, mean)
    return OptionBar(name or f"Option {number}", result, won, banded(spread))


def test_v2_table_and_csv_have_the_figures_that_were_given() -> None:
    first = scored(0, {80: Support(3, 2), 100: Support(1, 0)}, won=True, name="Lake")
    second = scored(1, {0: Support(1, 5), 9: Support(1, 0), 10: Support(2, 0)}, name="Hill")
    plot = sound(option_bars(EN, "score", [second, first], key="p"))
    assert plot.rows[0][:6] == ("★ Lake", "500", "340", "160", "83.3", "6")
    assert plot.rows[1][:6] == ("Hill", "29", "29", "0", "3.2", "9")
    assert plot.rows[0][6:] == (*["0 + 0"] * 8, "3 + 2", "1 + 0")
    assert plot.rows[1][6:] == ("2 + 5", "2 + 0", *["0 + 0"] * 8)
    assert plot.figures.rows[0][:9] == ("00", "Lake", 1, 340, 160, 500, "250/3", 6, None)
    assert plot.figures.rows[0][9:] == (*[0] * 16, 3, 2, 1, 0)
    assert plot.figures.names[9:11] == ("scores_0_9_direct", "scores_0_9_delegated")
    assert plot.figures.names[-1] == "scores_90_100_delegated"
    assert plot.conclusion == "“Lake” won with 500 points: 340 direct, 160 delegated."
    drawn = widths(plot, "direct")[1:]
    assert drawn[0] / drawn[1] == pytest.approx(340 / 29, rel=0.02)


@pytest.mark.parametrize(
    ("kind", "won", "said", "swedish"),
    [
        (
            "approval",
            [0],
            "2 options tie with 12 voices each; “A” was drawn.",
            "2 alternativ fick lika mycket, 12 röster var; ”A” drogs med lott.",
        ),
        ("approval", [0, 1], "2 options tie with 12 voices each.", "2 alternativ fick lika mycket, 12 röster var."),
        ("date", [], "No option won.", "Inget alternativ vann."),
        ("ranking", [1], "“B” won: it was preferred to every other option.", "”B” vann: det föredrogs framför"),
        ("ranking", [0, 1], "2 options tie.", "2 alternativ hamnade lika."),
        ("for-against", [0], "Carried: 12 for, 12 against.", "Bifall: 12 för, 12 emot."),
        ("for-against", [], "Not carried: 12 for, 12 against.", "Avslag: 12 för, 12 emot."),
    ],
)
def test_v2_the_conclusion_fits_each_kind(kind: str, won: list[int], said: str, swedish: str) -> None:
    supports = (Support(5, 7), Support(12, 0))
    options = [
        OptionBar("AB"[at], OptionResult(f"{at:02}", support, borda=at if kind == "ranking" else None), at in won)
        for at, support in enumerate(supports)
    ]
    assert sound(option_bars(EN, kind, options, key="p")).conclusion == said  # type: ignore[arg-type]
    assert option_bars(SV, kind, options, key="p").conclusion.startswith(swedish)  # type: ignore[arg-type]


def test_v2_places_beyond_the_ninth_are_one_band() -> None:
    bands = (*(Support(place, 0) for place in range(1, 10)), Support(33, 0))
    option = OptionBar("A", OptionResult("00", Support(78, 0), borda=9), True, bands)
    plot = sound(option_bars(EN, "ranking", [option], key="p"))
    assert plot.rows[0][-10:] == (*[f"{place} + 0" for place in range(1, 10)], "33 + 0")
    assert "Borda points" in plot.columns
    assert plot.figures.names[-2:] == ("place_10_and_later_direct", "place_10_and_later_delegated")


def test_v2_a_hundred_options_and_a_million_voices_stay_small_and_none_is_lost() -> None:
    spread = {score: Support(1_000_000 + score, 999_999) for score in range(101)}
    options = [scored(number, spread, won=number == 99, name=f"{number} {LONG}") for number in range(100)]
    plot = sound(option_bars(SV, "score", options, key="p", weighed=True))
    assert len(plot.rows) == len(plot.figures.rows) == 100
    assert len(widths(plot, "direct")) == MOST_DRAWN + 1, "and the sign of the legend"
    assert "och 80 till, i tabellen" in plot.svg
    assert plot.rows[0][0].startswith("★ 99 <b>"), "the winner is the first"
    assert "<b>" not in plot.svg


def test_v2_nothing_cast_draws_no_bar() -> None:
    plot = sound(option_bars(EN, "approval", [OptionBar("A", OptionResult("00", Support(0, 0)), won=False)], key="p"))
    assert widths(plot, "direct") == [10], "the sign of the legend alone"


# V7

CHAIN = VotePath(
    "area: energy",
    (
        (PathChoice(1, "Anna"), PathChoice(2, "Bo", "Anna voted, so not used")),
        (PathChoice(1, "Cecilia", "reaches nobody who votes"), PathChoice(2, "Dag")),
    ),
    "80 / 20 / 10",
)


def test_dc_07_the_path_tells_each_choice_and_why_others_were_not_used() -> None:
    plot = sound(vote_path(EN, CHAIN, key="p"))
    assert plot.rows == (
        ("You", "1", "Anna", "used"),
        ("You", "2", "Bo", "Anna voted, so not used"),
        ("Anna", "1", "Cecilia", "reaches nobody who votes"),
        ("Anna", "2", "Dag", "used"),
    )
    assert plot.conclusion == "Your vote goes by way of Anna to Dag, on whose ballot it counts: 80 / 20 / 10."
    assert plot.svg.count('class="skipped"') == 4, "two branches, each a line and a circle"
    assert plot.svg.index(">Bo<") < plot.svg.index(">Anna<") < plot.svg.index(">Cecilia<") < plot.svg.index(">Dag<")
    assert vote_path(SV, CHAIN, key="p").conclusion.startswith("Din röst går via Anna till Dag")


@pytest.mark.parametrize(
    ("vote", "said", "swedish"),
    [
        (VotePath("", (), "yes"), "Your own ballot counts: yes.", "Din egen röstsedel räknas: yes."),
        (VotePath("", (), None), "You named no delegate.", "Du har inte valt något ombud."),
        (
            VotePath("", ((PathChoice(1, "Bo", "not declared"),),), None),
            "Your vote reaches nobody who votes.",
            "Din röst når ingen som röstar.",
        ),
        (
            VotePath("", ((PathChoice(1, "Bo"),),), "yes"),
            "Your vote counts on Bo’s ballot: yes.",
            "Din röst räknas på den röstsedel som Bo lade: yes.",
        ),
    ],
)
def test_dc_07_the_conclusion_says_where_the_vote_is(vote: VotePath, said: str, swedish: str) -> None:
    assert sound(vote_path(EN, vote, key="p")).conclusion == said
    assert vote_path(SV, vote, key="p").conclusion == swedish


def test_v7_a_path_of_a_thousand_delegates_is_drawn_with_its_ends() -> None:
    unused = tuple(PathChoice(place, LONG, LONG) for place in range(2, 6))
    vote = VotePath(LONG, tuple((PathChoice(1, f"Person {at}"), *unused) for at in range(1000)), LONG)
    plot = sound(vote_path(EN, vote, key="p"))
    assert "… 993 more steps …" in plot.svg
    assert "Person 999" in plot.svg
    assert len(plot.rows) == 500
    assert len(plot.figures.rows) == 5000
    assert plot.conclusion.startswith("In 1,000 steps your vote reaches Person 999,")


def test_v7_the_flow_of_a_poll_sums_to_its_roll() -> None:
    parts = [
        FlowPart("silent", 20),
        FlowPart("through", 10, "Bo"),
        FlowPart("direct", 40),
        FlowPart("through", 25, "Anna"),
        FlowPart("stranded", 5),
    ]
    plot = sound(vote_flow(EN, parts, key="p"))
    assert plot.rows == (
        ("cast themselves", "40", "40\u00a0%"),
        ("through Anna", "25", "25\u00a0%"),
        ("through Bo", "10", "10\u00a0%"),
        ("not cast, no delegate named", "20", "20\u00a0%"),
        ("not cast, no delegate voted", "5", "5\u00a0%"),
    )
    said = "40 % voted themselves, 35 % through delegates, 25 % not at all. Anna carries the most: 25 %."
    assert plot.conclusion.replace("\u00a0", " ") == said
    assert vote_flow(SV, parts, key="p").conclusion.endswith("Anna bär flest: 25\u00a0%.")
    blocks = re.findall(r'<rect x="128" y="[\d.]+" width="9" height="([\d.]+)"', plot.svg)
    assert [float(height) for height in blocks] == [80, 50, 20, 40, 10], "as thick as what flows there"


def test_v7_of_many_delegates_the_largest_are_drawn_and_the_rest_is_one() -> None:
    named = [FlowPart("through", 2000 - at, f"{at} {LONG}") for at in range(20)]
    plot = sound(vote_flow(EN, [FlowPart("direct", 1000), FlowPart("through", 5000, others=980), *named], key="p"))
    assert len(plot.rows) == 1 + 20 + 1
    assert plot.rows[-1][:2] == ("through 980 others", EN.number(5000))
    assert "through 992 others" in plot.svg
    assert plot.figures.rows[-1] == ("through", "", 980, 5000)
    assert sound(vote_flow(EN, [], key="p")).conclusion == "Nobody may vote."


def test_v7_voices_that_are_summed_are_nobodys_that_carries_the_most() -> None:
    plot = sound(vote_flow(EN, [FlowPart("through", 90, others=9), FlowPart("through", 10, "Bo")], key="p"))
    assert plot.conclusion.endswith("Bo carries the most: 10\u00a0%.")


def test_two_pictures_on_one_page_share_no_id() -> None:
    marks = [
        set(re.findall(r'id="([^"]+)"', plot.svg))
        for key in ("a", "b")
        for plot in (
            phase_timeline(EN, [ALL], OPENED, key=key).plot,
            option_bars(EN, "score", [scored(0, {5: Support(1, 1)})], key=key),
            vote_path(EN, CHAIN, key=key),
            vote_flow(EN, [FlowPart("direct", 1)], key=key),
        )
    ]
    assert sum(map(len, marks)) == len(set().union(*marks))


def test_words_of_others_are_escaped_in_pictures() -> None:
    plot = vote_path(EN, VotePath("<i>", ((PathChoice(1, "<i>", "<i>"),),), None), key="p")
    assert "<i>" not in plot.svg
    assert str(escape("<i>")) in plot.svg


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_line_and_filling_of_pictures_stands_out_in_both_themes() -> None:
    used = set(re.findall(r"(?:fill|stroke): var\((--[a-z]+)\)", (ROOT / "static/css/plots.css").read_text()))
    grounds = {"--paper", "--raised"}  # these are always framed by a line
    themes = re.findall(r":root {(.*?)}", (ROOT / "static/css/base.css").read_text(), re.DOTALL)
    assert len(themes) == 2
    for theme in themes:
        colours = dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6})", theme))
        for name in used - grounds:
            bright, dark = sorted((luminance(colours[name]), luminance(colours["--paper"])), reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= 3, name
