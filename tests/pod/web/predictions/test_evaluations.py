"""What came true is said by people who didn't bet on it; scores follow, and bets stay hidden until their phase ends."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from tests.pod.web.decisions.parish import DAY
from tests.pod.web.predictions.village import BETS, JUDGES, Village, found
from tests.support.rig import RefusedByHttpError, ServedPod, eventually

pytestmark = pytest.mark.slow

PAGES = ("", "/proposals", "/predictions", "/bets")
GROUP_PAGES = ("/predictors", "/predictors/2", "/evaluations", "/polls", "/log")
# Bets in thousandths, and as pages would say them; no other number of theirs has three digits between other letters.
SECRET = [
    re.compile(rf"(?<![\w.]){bet}(?![\w.])|(?<![\w.,]){bet // 10}[.,]{bet % 10}\b")
    for bets in BETS.values()
    for bet in bets
]


@pytest.fixture(scope="module")
def village(pod: ServedPod) -> Village:
    return found(pod)


@pytest.fixture(scope="module")
def poll(village: Village) -> str:
    """A poll that is final, whose statements aren't due yet."""
    poll = village.begin()
    village.propose(poll)
    village.predict(poll)
    village.bet(poll)
    village.open_bets(poll)
    village.finish(poll)
    return poll


def test_dc_13_nothing_tells_what_others_bet_before_their_phase_ends(village: Village) -> None:
    poll = village.begin()
    village.propose(poll)
    village.predict(poll)
    village.bet(poll)
    told, one = {}, f"/predictions/{village.polls[poll][1][0]}"

    for name in ("ada", "hal", ""):
        browser = village.browser(name)
        for path in (*PAGES, one):
            told[name, path] = browser.get(village.path(poll, path))
        files = [
            browser.get(village.path(poll, path)).status for path in ("/forecasts.csv", f"{one}.csv", f"{one}.svg")
        ]
        assert files == [404] * 3
        for path in GROUP_PAGES:
            told[name, path] = browser.get(f"/g/{village.group}{path}")
    answers = {
        path: json.dumps(village.people["hal"].get(f"/api/v1/groups/{village.group}{path}"))
        for path in (f"/polls/{poll}", f"/polls/{poll}/predictions", "/polls", "/predictors", "/log")
    }

    faults = {key: seen.status for key, seen in told.items() if seen.status != 200 and key[0]}
    assert faults == {}
    texts = [seen.text for seen in told.values()] + list(answers.values())
    found = [match for bet in SECRET for text in texts for match in bet.finditer(text)]
    assert [match.string[max(match.start() - 40, 0) : match.end() + 10] for match in found] == []
    assert "The well gives water in May" in told["hal", "/predictions"].text
    assert village.told("bo", poll)["opened"] is False
    own = village.browser("bo").get(village.path(poll, "/bets")).text
    assert 'value="91"' in own or "90.7" in own


def refused(village: Village, name: str, poll: str, place: int) -> str:
    with pytest.raises(RefusedByHttpError) as caught:
        village.evaluate(name, poll, place, happened=True)
    return str(caught.value)


def test_dc_15_only_who_gains_nothing_says_what_came_true_once_it_is_due(village: Village, poll: str) -> None:
    early = refused(village, "hal", poll, 0)
    village.pass_time(2 * DAY)
    by_bettor, not_chosen = refused(village, "bo", poll, 0), refused(village, "hal", poll, 2)

    for name in JUDGES:
        village.evaluate(name, poll, 0, happened=True)
    told = eventually(lambda: (seen := village.told("hal", poll))["statements"][0]["evaluation"]["yes"] == 3 and seen)

    assert "takes this from" in early
    assert "You bet on this prediction" in by_bettor
    assert "condition of this prediction doesn't hold" in not_chosen
    first = told["statements"][0]["evaluation"]
    assert (first["yes"], first["no"], first["happened"], first["own"]) == (3, 0, True, True)
    assert [(one["yes"], one["no"]) for one in first["history"]] == [(1, 0), (2, 0), (3, 0)]
    village.evaluate("hal", poll, 0, happened=None)
    told = eventually(lambda: (seen := village.told("hal", poll))["statements"][0]["evaluation"]["yes"] == 2 and seen)
    due = village.browser("hal").get(f"/g/{village.group}/evaluations").text
    assert "Undecided: 2 yes, 0 no." in due
    first = told["statements"][0]["evaluation"]
    assert (first["happened"], first["said"], len(first["history"])) == (None, False, 4)
    assert told["statements"][2]["evaluation"] is None


def needs(village: Village, name: str) -> tuple[int, str]:
    """The number beside "Needs you", and what the page names."""
    page = village.browser(name).get("/me/needs-you").text
    found = re.search(r'href="/me/needs-you">Needs you(?: <strong class="badge">(\d+)</strong>)?', page)
    assert found
    return int(found[1] or 0), page.partition("You follow")[0]


def test_dc_15_predictions_that_are_due_need_who_may_say_what_came_true(village: Village, poll: str) -> None:
    count, page = eventually(lambda: (found := needs(village, "hal")) and found[0] > 0 and found)
    place = village.path(poll, "/predictions")
    assert f'href="{place}"' in page
    assert "Say what came true: predictions are due." in page
    assert f'href="{place}"' in village.browser("hal").get(f"/g/{village.group}/polls").text
    assert place not in needs(village, "bo")[1]  # who bet on all of them gains by it
    for statement in (0, 1):
        village.evaluate("hal", poll, statement, happened=True)
    eventually(lambda: needs(village, "hal")[0] == count - 1)
    assert place not in needs(village, "hal")[1]
    village.evaluate("hal", poll, 0, happened=None)
    eventually(lambda: needs(village, "hal")[0] == count)


def test_dc_15_dc_16_a_profile_says_how_often_it_happened_and_why_the_score_moved(village: Village, poll: str) -> None:
    village.evaluate("hal", poll, 0, happened=True)
    eventually(lambda: village.told("hal", poll)["statements"][0]["evaluation"]["happened"])
    areas = village.people["hal"].get(f"/api/v1/groups/{village.group}/predictors")["areas"]
    best = areas[0]["predictors"][0]

    text = village.browser("hal").get(f"/g/{village.group}/predictors/{best['number']}").text
    page = village.browser("", "sv").get(f"/g/{village.group}/predictors/{best['number']}").text

    assert best["score"] > 0.5
    assert best["resolved"] == 1
    assert "When " in text
    assert "it happens 100" in text
    assert "(1 bet scored). That is few: the curve may be chance." in text
    assert "it came true. Brier score 0.0086" in text
    assert "den slog in. Brierpoäng 0,0086" in page
    poll_page = village.browser("hal").get(village.path(poll, "/predictions")).text
    assert "Stands here because its bets are opposed" in poll_page
    assert "All together: " in poll_page
    at = f"/g/{village.group}/predictors/{best['number']}"
    rows = table(village.browser().get(f"{at}/brier.csv").text)
    assert [(row["count"], row["own"], row["mean"]) for row in rows] == [("1", "0.008649", "0.008649")]
    assert sum(int(row["count"]) for row in table(village.browser().get(f"{at}/calibration.csv").text)) == 1
    for name in ("brier", "calibration"):
        assert village.browser().get(f"{at}/{name}.svg").text.startswith("<svg xmlns=")
        assert f'href="{at}/{name}.svg"' in text
    assert village.browser().get(f"{at}/other.svg").status == 404


def test_a_prediction_tells_how_the_bets_on_it_came_in_once_they_are_open(village: Village, poll: str) -> None:
    path = f"/predictions/{village.polls[poll][1][0]}"

    page = village.browser("hal").get(village.path(poll, path)).text
    rows = table(village.browser().get(village.path(poll, f"{path}.csv")).text)

    assert "How the bets came in" in page
    assert "All together: " in page
    assert (rows[-1]["bets"], rows[-1]["p50"]) == ("5", "351/500")
    assert [int(row["bets"]) for row in rows] == sorted({int(row["bets"]) for row in rows})
    assert village.browser().get(village.path(poll, f"{path}.svg")).text.startswith("<svg xmlns=")
    assert f'href="{village.path(poll, path)}"' in village.browser().get(village.path(poll, "/predictions")).text
    assert village.browser().get(village.path(poll, f"/predictions/{poll}")).status == 404


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
