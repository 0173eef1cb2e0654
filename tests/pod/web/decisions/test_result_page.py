"""What a poll came to, on its page: winner, turnout, quorum, how few decided, files from which anybody counts anew."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from subprocess import run

import pytest

from tests.pod.web.decisions.parish import HOUR, Parish, settle
from tests.support.rig import ServedPod, eventually

SECOND = 1000
SHORT = {"voting": HOUR, "contest": HOUR}


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    """Bo follows cy."""
    made = settle(pod)
    made.people["cy"].post(f"/api/v1/groups/{made.group}/records", {"type": "Delegate", "declared": True})
    made.people["bo"].post(f"/api/v1/groups/{made.group}/records", {"type": "Delegation", "delegates": [3]})
    return made


def ended(parish: Parish, *polls: str) -> None:
    parish.pass_time(HOUR + SECOND)
    for poll in polls:
        parish.reach(poll, "provisional", "final")


def test_dc_17_the_result_says_who_won_turnout_quorum_and_the_two_ways_to_vote(parish: Parish) -> None:
    quorum = {"percent": 50}
    poll = parish.ask("score", title="The well?", lengths=SHORT, quorum=quorum, areas=["water"])
    parish.cast("cy", poll, scores={"00": 80, "01": 20})
    parish.cast("ada", poll, scores={"00": 0, "01": 100})
    for name in ("ada", "cy"):
        parish.logged(name, poll)
    ended(parish, poll)

    text = parish.browser().get(parish.path(poll)).text
    result = parish.seen("ada", poll)["outcome"]["results"][0]

    assert result["options"][0]["support"] == {"direct": 80, "delegated": 80}
    for told in (
        "“Dig deeper” won.",
        "160 points",
        "3 (100 %)",
        "Valid if 50 per cent of the roll are counted. It was met.",
        "The ballot that carries most carries 66.7 % of it.",
        "1 ballot alone holds more than half.",
        "It is provisional until",
        "Confirmed by one pod only",
        "pod verify-result",
    ):
        assert told in text, told
    assert "This page shows no sums while one may vote." not in text
    rows = list(
        csv.DictReader(io.StringIO(parish.browser().get(parish.path(poll, "/result.csv")).text.lstrip("\ufeff")))
    )
    assert [(row["name"], row["direct"], row["delegated"], row["won"]) for row in rows] == [
        ("Dig deeper", "80", "80", "1"),
        ("Buy a pump", "120", "20", "0"),
        ("Carry water", "0", "0", "0"),
    ]
    file = json.loads(parish.browser().get(parish.path(poll, "/result.json")).text)
    assert file["outcome"] == parish.seen("ada", poll)["outcome"]


def test_dc_17_the_file_on_the_page_is_counted_anew_without_a_pod(parish: Parish, tmp_path: Path) -> None:
    poll = parish.ask(lengths=SHORT)
    parish.cast("cy", poll, choice="yes")
    parish.logged("cy", poll)
    ended(parish, poll)
    browser = parish.browser()
    path = parish.path(poll, "/result.file")
    assert f'href="{path}"' in browser.get(parish.path(poll)).text

    file = tmp_path / "result.json"
    file.write_text(browser.get(path).text)
    done = run([sys.executable, "-m", "pod", "verify-result", str(file), "--json"], capture_output=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "It is accepted." in browser.get(parish.path(poll)).text


def test_dc_17_nothing_is_decided_without_quorum_and_nobody_sees_sums_or_files_before_the_end(parish: Parish) -> None:
    poll = parish.ask("approval", lengths=SHORT, quorum={"number": 3})
    parish.cast("ada", poll, approvals=["00"])
    parish.logged("ada", poll)
    browser = parish.browser("ada")
    early = browser.get(parish.path(poll)).text
    files = [
        browser.get(parish.path(poll, rest)).status
        for rest in ("/result.csv", "/result.json", "/result.file", "/ballots")
    ]
    ended(parish, poll)

    text = browser.get(parish.path(poll)).text

    assert 'id="result"' not in early
    assert files == [404] * 4
    assert "Nothing is decided: too few were counted." in text
    assert "It wasn&#39;t met." in text


def test_who_cast_what_is_listed_once_voting_has_ended_and_what_was_replaced_is_struck_out(parish: Parish) -> None:
    poll = parish.ask("ranking", lengths=SHORT)
    parish.cast("ada", poll, ranking=["02"])
    parish.logged("ada", poll)
    parish.cast("ada", poll, ranking=["01", "00"])
    parish.cast("cy", poll, ranking=["02", "00"])
    for name in ("ada", "cy"):
        parish.logged(name, poll)
    ended(parish, poll)

    text = parish.browser().get(parish.path(poll, "/ballots")).text

    assert "<del>Carry water place 1</del>" in text
    assert "<bdi>Buy a pump place 1, Dig deeper place 2</bdi>" in text
    assert text.index("<del>") < text.index("Buy a pump place 1")
    assert text.count("another one of theirs counts") == 1


def test_a_poll_that_was_closed_late_says_so(parish: Parish) -> None:
    poll = parish.ask(lengths={"voting": HOUR, "contest": 9 * HOUR})
    parish.cast("ada", poll, choice="no")
    parish.logged("ada", poll)
    parish.pod.kill()
    parish.pass_time(3 * HOUR)
    parish.pod.start()
    parish.reach(poll, "provisional")

    text = parish.browser().get(parish.path(poll)).text

    assert "Closed late: the item that ended the voting came 2 h" in text
    assert "It isn&#39;t accepted." in text
    eventually(lambda: parish.seen("ada", poll)["poll"]["confirmed"])
