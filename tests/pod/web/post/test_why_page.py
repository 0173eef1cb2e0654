"""The why page tells every term; its sum is the score that anybody can count from the raw votes (MD-03, MD-28)."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from models.engine.columns import bytes_of_id
from protocol.ids import RecordId
from tests.support.browsing import Seen
from tests.support.people import joined
from tests.support.reading_room import ReadingRoom, a_reading_room, write
from tests.support.rig import Person, ServedPod, eventually


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    return a_reading_room(pod)


def table(page: Seen) -> list[list[str]]:
    """The rows of the first table of terms, the sum last: who, vote, weight, gives, remark."""
    body = page.text.split('class="cards terms"')[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)[1:]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells]


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ".").strip("+× ") or 0) if text not in ("", "–") else 0.0


def recount(person: Person, group: str, target: Any) -> float:
    """The score from the raw votes and the members' weights, as the protocol says, and nothing else."""
    seen = person.get(f"/api/v1/groups/{group}")
    weights = {m["number"]: m["weight"] for m in seen["members"] if not m["left"]}
    votes = person.get(f"/api/v1/groups/{group}/votes?limit=500&target={quote(json.dumps(target))}")["votes"]
    total = sum(vote["value"] * max(weights.get(vote["member"], 0), 0) for vote in votes)
    return float(total + (seen["default_score"] if "post" in target else 0)) / 1_000_000


@pytest.mark.parametrize("lens", ["group", "strict"])
@pytest.mark.parametrize("index", [None, *range(7)])
def test_md_03_the_sum_is_what_anybody_counts_from_the_votes(room: ReadingRoom, lens: str, index: int | None) -> None:
    group = getattr(room, lens)
    target = {"post": room.post} if index is None else {"paragraph": {"record": room.post, "index": index}}
    asked = room.post if index is None else f"{room.post}.{index}"
    page = room.browser().get(room.at(f"/why?target={asked}&lens={group}"))
    *terms, total = table(page)
    assert number(total[3]) == pytest.approx(sum(number(row[3]) for row in terms))
    assert number(total[3]) == pytest.approx(recount(room.eve, group, target))
    for row in terms[1:]:
        assert number(row[3]) == pytest.approx(number(row[1]) * max(number(row[2]), 0))


def test_md_03_the_example_of_the_requirement_gives_two(room: ReadingRoom) -> None:
    pod = room.pod
    head = room.ada
    group = head.post("/api/v1/groups", {"name": "Example", "weight": 3000})["group"]
    people = {name: pod.sign_up(name) for name in ("w1", "w2", "w0", "wn", "w3")}
    for name, person in people.items():
        joined(head, group, person, {"w1": 1000, "w2": 2000, "w3": 3000}.get(name, 1))
    post = write(people["w0"], group, [("text", "Count me.")])
    votes = [("w1", 1000), ("w2", -1000), ("w0", 1000), ("wn", 1000), ("w3", -1000), ("w3", 1000)]
    for name, value in votes:
        room.vote(people[name], post, None, value, group=group)
    for member, weight in ((4, 0), (5, -1000)):
        wish = {"do": "set-weight", "with": {"member": member, "weight": weight}}
        head.post(f"/api/v1/groups/{group}/operations", wish)
    weights = f"/api/v1/groups/{group}"
    eventually(lambda: {m["number"]: m["weight"] for m in head.get(weights)["members"]}[5] == -1000)
    page = room.browser().get(f"/g/{group}/posts/{post}/why")
    rows = table(page)
    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("", "", "0.0"),
        ("+1.0", "× 1.0", "+1.0"),
        ("−1.0", "× 2.0", "−2.0"),
        ("+1.0", "× 0.0", "–"),
        ("+1.0", "× −1.0", "–"),
        ("+1.0", "× 3.0", "+3.0"),
        ("", "", "+2.0"),
    ]
    assert [row[4].split(" · ")[0] for row in rows[4:5]] == ["no weight above 0, so it doesn't count"]
    assert rows[-1][4] == "above 0, so it is shown"


def test_md_03_a_hidden_paragraph_names_rule_layer_and_the_other_lenses(room: ReadingRoom) -> None:
    page = room.browser().get(room.at(f"/why?target={room.post}.6"))
    for said in (
        '<strong class="gone">Hidden</strong>',
        '<span class="layer layer-lens">Your lens</span> hidden in this lens',
        "Here: score below 0.",
        "“Cows?”",
        "shown in 1, hidden in 0",
        "See anyway",
    ):
        assert said in page.text, said
    other = room.browser().get(room.at(f"/why?target={room.post}.6&lens={room.strict}"))
    assert '<strong class="shown">Shown</strong>' in other.text
    assert "shown in 0, hidden in 1" in other.text


def test_md_03_it_speaks_swedish(room: ReadingRoom) -> None:
    page = room.browser(language="sv").get(room.at("/why"))
    assert "Gruppens förvalda poäng" in page.text
    assert table(page)[-1][3] == "+4,5"


def test_md_28_votes_are_counted_by_server(room: ReadingRoom) -> None:
    text = room.browser().get(room.at("/why")).text
    assert "Votes by server" in text
    row = re.search(rf"{re.escape(room.pod.url)}</th><td>(.*?)</td><td>(.*?)</td>", text)
    assert row
    assert row.groups() == ("3 votes", "+4.5")


def forge_wire(store: sqlite3.Connection, vote: bytes, old: bytes, new: bytes) -> None:
    (wire,) = store.execute("SELECT wire FROM records WHERE id = ?", (vote,)).fetchone()
    found = re.search(old, wire)
    assert found
    store.execute("UPDATE records SET wire = ? WHERE id = ?", (wire.replace(found[0], new % found[1]), vote))


FORGERIES: dict[str, Callable[[sqlite3.Connection, bytes], Any]] = {
    "what it says": lambda store, vote: forge_wire(store, vote, rb'"value":(1)000', b'"value":%s001'),
    "its signature": lambda store, vote: forge_wire(
        store, vote, rb'"proofValue":"(z.{9}).{4}', b'"proofValue":"%s2345'
    ),
    "the row that counts": lambda store, vote: store.execute(
        "UPDATE votes SET value = 999 WHERE record_id = ?", (vote,)
    ),
    "nothing is left": lambda store, vote: store.execute("DELETE FROM records WHERE id = ?", (vote,)),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_md_03_signatures_are_checked_again_and_what_was_changed_is_found(room: ReadingRoom, what: str) -> None:
    post = write(room.bo, room.group, [("text", "Signed.")])
    vote = RecordId(room.vote(room.ada, post, None, 1000))
    path = f"/g/{room.group}/posts/{post}/why?verify=1"
    assert "2 signatures were checked again and hold ✓" in room.browser().get(path).text
    with sqlite3.connect(room.pod.folder / "pod.sqlite", timeout=20) as store:
        FORGERIES[what](store, bytes_of_id(vote))
    page = room.browser("ada").get(path)
    assert "1 record is at fault" in page.text
    assert f"…{vote[-12:]}" in page.text


@pytest.mark.parametrize(("target", "status"), [("x", 400), ("{post}.99", 404), ("{group}", 404), ("{post}.x", 400)])
def test_md_03_a_target_that_is_none_of_the_posts_is_refused(room: ReadingRoom, target: str, status: int) -> None:
    named = target.format(post=room.post, group=room.group)
    assert room.browser().get(room.at(f"/why?target={named}")).status == status
