"""What a poll came to, on its page: winner, turnout, quorum, how few decided, files from which anybody counts anew."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from subprocess import run
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from protocol.records.envelope import open_record
from tests.decisions.oracles import whole_count
from tests.decisions.oracles.whole_count import Said
from tests.pod.web.decisions.parish import HOUR, Parish, settle
from tests.support.rig import ServedPod, eventually

SECOND = 1000
SHORT = {"voting": HOUR, "contest": HOUR}
PICTURES = ("result", "flow")


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

    path = parish.path(poll)
    text = parish.browser().get(path).text
    result = parish.seen("ada", poll)["outcome"]["results"][0]

    assert result["options"][0]["support"] == {"direct": 80, "delegated": 80}
    for told in (
        "“Dig deeper” won.",
        "160 points",
        "3 (100\u00a0%)",
        "Valid if 50 per cent of the roll are counted. It was met.",
        "The ballot that carries most carries 66.7\u00a0% of it.",
        "1 ballot alone holds more than half.",
        f"at which who cast them is at home: {parish.pod.url.rpartition('/')[2]} (2).",
        "2 ballots were signed with keys younger than 30 days.",
        "It is provisional until",
        "Confirmed by one pod only",
        "pod verify-result",
    ):
        assert told in text, told
    assert "This page shows no sums of a voting while it goes on." not in text
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
    assert (rows[0]["scores_80_89_direct"], rows[0]["scores_80_89_delegated"]) == ("1", "1")
    assert (rows[1]["scores_90_100_direct"], rows[1]["scores_20_29_delegated"]) == ("1", "1")
    assert file["outcome"]["breakdowns"][0]["carriers"] == [{"member": 3, "voices": 1}]
    assert "66.7\u00a0% voted themselves, 33.3\u00a0% through delegates, 0\u00a0% not at all. " in text
    assert "through member 3" in text
    assert "On average you and the group are 53.3 points apart; most, 53.3" in parish.browser("ada").get(path).text
    assert "On average member 3 and the group are 26.7 points apart" in parish.browser("bo").get(path).text
    assert not any(word in text for word in ("You and the group", "standpoints"))


def test_api_07_log_and_members_give_the_numbers_of_page_table_and_file(parish: Parish) -> None:
    """Whoever has nothing but the exports comes to what the page says."""
    poll = parish.ask("score", title="The mill?", lengths=SHORT)
    parish.cast("cy", poll, scores={"00": 70, "02": 11})
    parish.cast("ada", poll, scores={"01": 100})
    for name in ("ada", "cy"):
        parish.logged(name, poll)
    ended(parish, poll)
    ada, path, guest = parish.people["ada"], f"/api/v1/groups/{parish.group}", parish.browser()
    times = parish.seen("ada", poll)["poll"]["times"]
    entries = ada.get(f"/groups/{parish.group}/log?from=0")["entries"]
    roll = {one["number"]: 1 for one in ada.get(f"{path}/members")["members"] if one["weight"] > 0}
    everybody = frozenset(roll)

    said = [one for index, body in enumerate(entries) for one in said_in(index, body, poll)]
    options, ends = ("00", "01", "02"), {"lock": len(entries), "end": len(entries), "ends_at": times["voting_end"]}
    able = {"delegate": everybody, "be_delegate": everybody}
    asked = whole_count.Asked(
        id=poll, kind="score", options=options, times={}, areas=(), parents={}, roll=roll, fresh=0,
        percent=None, number=None, able=able, **ends,
    )  # fmt: skip
    anew = whole_count.count(asked, said)

    assert anew["sums"] == {"00": 140, "01": 100, "02": 22}
    text = guest.get(parish.path(poll)).text
    table = list(csv.DictReader(io.StringIO(guest.get(parish.path(poll, "/result.csv")).text.lstrip("\ufeff"))))
    (result,) = json.loads(guest.get(parish.path(poll, "/result.json")).text)["outcome"]["results"]
    assert [int(row["direct"]) + int(row["delegated"]) for row in table] == list(anew["sums"].values())
    assert [sum(one["support"].values()) for one in result["options"]] == list(anew["sums"].values())
    for name in ("roll", "counted", "direct", "blank", "silent", "stranded", "winners"):
        assert result[name] == anew[name], name
    assert "“Dig deeper” won with 140 points: 70 direct, 70 delegated." in text
    for row, total in zip(table, anew["sums"].values(), strict=True):
        assert f"{row['name']}</th><td>{total}</td>" in text
    log = guest.get(f"/g/{parish.group}/log.json").text
    assert all(one.id in log for one in said if one.what == "ballot")


def said_in(index: int, body: Any, poll: str) -> Iterator[Said]:
    """An entry of the log as the definition of a count takes it; nothing for what is no part of this poll."""
    kind, header = body["type"].lower(), (index, open_record(body).id, body["author"], body["key"], body["counter"])
    if kind == "ballot" and body["poll"] == poll:
        yield Said(*header, kind, {"scores": body["scores"]})
    elif kind == "delegate":
        yield Said(*header, kind, {"declared": body["declared"]})
    elif kind == "delegation":
        yield Said(*header, kind, {"scope": "group", "delegates": body["delegates"], "expires": body.get("expires")})


def test_dc_30_pictures_stand_by_themselves_with_their_colours_and_numbers_as_long_as_the_page_may_be_read(
    parish: Parish,
) -> None:
    poll = parish.ask("score", title="The pond?", lengths=SHORT)
    parish.cast("cy", poll, scores={"00": 80, "01": 20})
    parish.logged("cy", poll)
    guest, swede = parish.browser(), parish.browser(language="sv")
    early = [guest.get(parish.path(poll, f"/{name}.{form}")).status for name in PICTURES for form in ("svg", "csv")]
    ended(parish, poll)

    for name in PICTURES:
        told = guest.get(parish.path(poll, f"/{name}.svg"))
        root = ET.fromstring(told.text)
        style = next(one.text for one in root.iter() if one.tag.endswith("style"))
        digest = b64encode(sha256((style or "").encode()).digest()).decode()
        assert told.headers["Content-Type"].startswith("image/svg+xml")
        assert told.headers["Content-Security-Policy"] == f"default-src 'none'; style-src 'sha256-{digest}'"
        assert "Set-Cookie" not in told.headers
        assert len(told.text.encode()) < 30_000
        assert "<script" not in told.text
        assert "prefers-color-scheme:dark" in (style or "")
        assert f'href="{parish.path(poll, f"/{name}.svg")}"' in guest.get(parish.path(poll)).text
        again = guest.get(parish.path(poll, f"/{name}.svg"), if_none_match=told.headers["ETag"])
        assert (again.status, again.text) == (304, "")
    assert 'xml:lang="sv"' in swede.get(parish.path(poll, "/flow.svg")).text
    assert "Hur rösterna gick" in swede.get(parish.path(poll, "/flow.svg")).text
    rows = list(csv.DictReader(io.StringIO(guest.get(parish.path(poll, "/flow.csv")).text.lstrip("\ufeff"))))
    assert [(row["way"], row["through"], row["voices"]) for row in rows] == [
        ("direct", "", "1"),
        ("through", "member 3", "1"),
        ("silent", "", "1"),
    ]
    assert early == [404] * 4
    assert guest.get(parish.path(poll, "/nothing.svg")).status == 404


def test_a_ranking_tells_who_was_preferred_to_whom(parish: Parish) -> None:
    poll = parish.ask("ranking", title="In which order?", lengths=SHORT)
    parish.cast("cy", poll, ranking=["02", "00"])
    parish.cast("ada", poll, ranking=["01"])
    for name in ("ada", "cy"):
        parish.logged(name, poll)
    ended(parish, poll)

    text = parish.browser().get(parish.path(poll)).text

    row = re.search(r'<tr><th scope="row" dir="auto">Carry water</th>(.*?)</tr>', text)
    assert row is not None
    assert row[1] == "<td><strong>★ 2</strong></td><td><strong>★ 2</strong></td><td>–</td>"


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

    assert "<del>Carry water: place 1</del>" in text
    assert "<bdi>Buy a pump: place 1; Dig deeper: place 2</bdi>" in text
    assert text.index("<del>") < text.index("Buy a pump: place 1")
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


def test_api_07_a_table_says_of_which_voting_it_is_while_the_next_one_goes_on(parish: Parish) -> None:
    poll = parish.ask("approval", title="Which one?", lengths=SHORT)
    for name, option in (("ada", "00"), ("cy", "01"), ("bo", "02")):
        parish.cast(name, poll, approvals=[option])
        parish.logged(name, poll)
    parish.pass_time(HOUR + SECOND)
    eventually(lambda: parish.seen("ada", poll)["poll"]["round"] == 2)
    browser, path = parish.browser(), parish.path(poll)

    text, tables = browser.get(path).text, [browser.get(f"{path}/{name}.csv").text for name in PICTURES]

    for table in tables:
        rows = list(csv.DictReader(io.StringIO(table.lstrip("\ufeff"))))
        assert {(row["round"], row["phase"]) for row in rows} == {("1", "voting")}
    assert "What the earlier voting came to" in text
    assert "3 options tie with 1 voice each." in text
    assert 'id="result"' not in text
    parish.cast("ada", poll, approvals=["01"])
    parish.logged("ada", poll)
    ended(parish, poll)
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{path}/result.csv").text.lstrip("\ufeff"))))
    won = next(row for row in rows if row["won"] == "1")
    assert (won["name"], won["round"]) == ("Buy a pump", "2")
    assert won["phase"] in ("provisional", "final")
    assert "What the earlier voting came to" not in browser.get(path).text
