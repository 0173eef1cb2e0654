"""A delegate's record poll by poll: ballot, voices, what was decided; a strip of it; what the log says of delegates."""

from __future__ import annotations

import json
import re

import pytest

from pod.plots.track_strip import TrackCell, track_strip
from pod.translations import translator_for
from tests.pod.web.decisions.parish import HOUR, Parish, settle
from tests.support.rig import ServedPod, eventually

AREAS = [{"area": "wells", "name": "Wells"}]


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    """Ada is a delegate, and bo's list names her."""
    made = settle(pod)
    ada, records = made.people["ada"], f"/api/v1/groups/{made.group}/records"
    ada.post(f"/api/v1/groups/{made.group}/operations", {"do": "set-policy", "with": {"areas": AREAS}})
    ada.post(records, {"type": "Delegate", "declared": True})
    made.people["bo"].post(records, {"type": "Delegation", "delegates": [1]})
    return made


def test_dc_11_the_record_has_voices_and_scores_of_each_poll_and_a_strip_of_all(parish: Parish) -> None:
    short = {"voting": HOUR, "contest": HOUR}
    first = parish.ask("score", title="Which well?", lengths=short, areas=["wells"])
    second = parish.ask("score", title="Which pump?", lengths=short)
    parish.cast("ada", first, scores={"00": 90, "01": 10})
    parish.cast("cy", second, scores={"00": 0, "01": 70})
    for name, poll in (("ada", first), ("cy", second)):
        parish.logged(name, poll)
    parish.pass_time(HOUR + 1000)
    for poll in (first, second):
        parish.reach(poll, "provisional", "final")

    page = parish.browser().get(f"/g/{parish.group}/delegates/1").text
    rows = {
        found[0]: [re.sub("<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", found[1])]
        for found in re.findall(r"<bdi>(Which \w+\?)</bdi></a></th>(.*?)</tr>", page)
    }
    ballot, voices, chosen, given = rows["Which well?"]
    assert "Dig deeper: 90" in ballot
    assert (voices, chosen, given) == ("1", "Dig deeper", "90")
    assert rows["Which pump?"][0].endswith("didn't vote") or "didn&#39;t vote" in rows["Which pump?"][0]
    assert rows["Which pump?"][1:] == ["0", "Buy a pump", "–"]
    assert "Voted in 1 of 2 polls, in 1 of them for what was decided." in page


def test_dc_02_dc_10_a_delegate_reads_how_many_voices_follow_them_in_which_area_also_on_the_ballot(
    parish: Parish,
) -> None:
    poll = parish.ask(title="Deeper?", lengths={"voting": 24 * HOUR}, areas=["wells"])
    for path in ("", "/vote"):
        page = parish.browser("ada").get(parish.path(poll, path)).text
        assert "your vote counts 1 (+1 voice that follows you in Wells)" in page
    assert "follows you" not in parish.browser("bo").get(parish.path(poll)).text


def test_dc_11_the_log_says_who_became_a_delegate_and_who_resigned(parish: Parish) -> None:
    records = f"/api/v1/groups/{parish.group}/records"
    for declared in (True, False):
        parish.people["cy"].post(records, {"type": "Delegate", "declared": declared})
    page = eventually(
        lambda: "resigned as a delegate" in (text := parish.browser().get(f"/g/{parish.group}/log").text) and text
    )
    assert "declared to be a delegate" in page
    log = json.loads(parish.browser().get(f"/g/{parish.group}/log.json?kind=Delegate&member=3").text)
    assert [one["declared"] for one in log["entries"]] == [False, True]


@pytest.mark.parametrize("language", ["en", "sv"])
def test_dc_11_the_strip_of_many_polls_is_small_and_its_table_says_the_same(language: str) -> None:
    cells = [TrackCell(f"Poll {n}", n % 3 > 0, (None, True, False)[n % 3], n if n % 2 else None) for n in range(100)]
    drawn = track_strip(translator_for(language), cells, key="all")
    assert len(str(drawn.svg)) < 30_000
    assert len(drawn.rows) == len(drawn.figures.rows) == 100
    assert "66" in drawn.conclusion
    assert drawn.rows[1][3] == "1"
