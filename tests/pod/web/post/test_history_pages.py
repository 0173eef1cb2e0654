"""History, comparison and blame over real HTTP: six patches, word by word, and who wrote what."""

from __future__ import annotations

import html
import re

import pytest

from tests.support.browsing import Seen
from tests.support.reading_room import ReadingRoom, a_reading_room, write
from tests.support.rig import ServedPod

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    return a_reading_room(pod)


@pytest.fixture(scope="module")
def six(room: ReadingRoom) -> list[str]:
    """A post of three paragraphs and six patches; their records, the post first."""
    post = write(
        room.ada, room.group, [("text", "The well is dry."), ("text", "Dig."), ("text", f"Ask {EVIL}")], title="Six"
    )

    def at(record: str, index: int = 0) -> dict[str, object]:
        return {"record": record, "index": index}

    def add(text: str, after: object) -> list[dict[str, object]]:
        return [{"style": "text", "text": text, "after": after}]

    def instead(old: object) -> list[dict[str, object]]:
        return [{"paragraph": old, "replaced_by": {"index": 0}}]

    records = [post]
    first, second, third = (at(post, index) for index in range(3))
    records.append(room.patch(room.ada, post, adds=add("Deeper than before.", second)))
    records.append(room.patch(room.bo, post, adds=add("The old well is not dry.", first), marks=instead(first)))
    records.append(room.patch(room.ada, post, marks=[{"paragraph": third, "deleted": True}]))
    records.append(
        room.patch(room.cy, post, adds=add("The old well is quite dry.", at(records[2])), marks=instead(at(records[2])))
    )
    records.append(room.patch(room.ada, post, marks=[{"paragraph": third}]))
    records.append(room.patch(room.ada, post, marks=[{"paragraph": at(records[1]), "deleted": True}]))
    return records


def path(room: ReadingRoom, six: list[str], tail: str = "") -> str:
    return f"/g/{room.group}/posts/{six[0]}{tail}"


def steps(page: Seen, view: str = "merged") -> list[tuple[str, str]]:
    """(kind, text with ins and del) of each step that isn't the same in both."""
    found = re.findall(r'<div class="step (new|gone|changed)">(.*?)\n</div>', page.text, re.DOTALL)
    return [
        (kind, re.search(rf'<div class="{view} prose"[^>]*><p[^>]*>(.*?)</p>', body, re.DOTALL)[1])  # type: ignore[index]
        for kind, body in found
    ]


def test_md_12_the_list_tells_who_brought_what(room: ReadingRoom, six: list[str]) -> None:
    page = room.browser().get(path(room, six, "/history"))
    entries = re.findall(r'<li id="e-([a-z2-7]+)">(.*?)</li>', page.text, re.DOTALL)
    assert [anchor for anchor, _ in entries] == [record[-12:] for record in reversed(six)]
    told = [re.findall(r'title="([^"]+)"', body) for _, body in reversed(entries)]
    assert told == [
        ["3 paragraphs added"],
        ["1 paragraph added"],
        ["1 paragraph changed"],
        ["1 paragraph deleted"],
        ["1 paragraph changed"],
        ["1 mark taken back"],
        ["1 paragraph deleted"],
    ]
    assert ["Ada" in body for _, body in reversed(entries)] == [True, True, False, True, False, True, True]


EXPECTED = {
    (0, 1): [("new", "<ins>Deeper than before.</ins>")],
    (1, 2): [("changed", "The <ins>old </ins>well is<ins> not</ins> dry.")],
    (2, 3): [("gone", f"<del>Ask {html.escape(EVIL)}</del>")],
    (3, 4): [("changed", "The old well is <del>not</del><ins>quite</ins> dry.")],
    (4, 5): [("new", f"<ins>Ask {html.escape(EVIL)}</ins>")],
    (5, 6): [("gone", "<del>Deeper than before.</del>")],
    (0, 6): [("changed", "The <ins>old </ins>well is<ins> quite</ins> dry.")],
    (6, 6): [],
}


@pytest.mark.parametrize(("first", "second"), EXPECTED)
def test_md_12_any_two_are_compared_word_by_word(room: ReadingRoom, six: list[str], first: int, second: int) -> None:
    page = room.browser().get(path(room, six, f"/diff?from={six[first]}&to={six[second]}"))
    assert steps(page) == EXPECTED[first, second]
    turned = room.browser().get(path(room, six, f"/diff?from={six[second]}&to={six[first]}"))
    swapped = [re.sub("<(/?)ins>", r"<\1del>", text) for _, text in steps(page, "after")]
    assert [text for _, text in steps(turned, "before")] == swapped
    assert ("Nothing differs." in page.text) == (first == second)


def test_md_12_two_are_chosen_in_the_list_without_scripts(room: ReadingRoom, six: list[str]) -> None:
    browser = room.browser()
    page = browser.get(path(room, six, "/history"))
    latest = browser.submit(page, "/diff", press="Compare")
    assert steps(latest) == EXPECTED[5, 6]
    chosen = browser.submit(page, "/diff", **{"from": six[0], "to": six[6]})
    assert steps(chosen) == EXPECTED[0, 6]


def test_md_12_two_versions_of_a_paragraph_are_compared(room: ReadingRoom, six: list[str]) -> None:
    page = room.browser().get(path(room, six, f"/diff?from={six[2]}.0&to={six[4]}.0"))
    assert steps(page) == EXPECTED[3, 4]
    assert "version by Bo · 2" in page.text


@pytest.mark.parametrize(
    ("ends", "status"),
    [("from=x", 400), ("from={0}.99&to={0}.0", 404), ("from={0}.0&to={0}", 404), ("from={group}&to={0}", 404)],
)
def test_md_12_what_is_no_version_is_refused(room: ReadingRoom, six: list[str], ends: str, status: int) -> None:
    asked = ends.format(six[0], group=room.group)
    assert room.browser().get(path(room, six, f"/diff?{asked}")).status == status


def test_md_12_each_paragraph_that_is_shown_has_the_one_who_wrote_it(room: ReadingRoom, six: list[str]) -> None:
    room.vote(room.bo, six[4], 0, 1000)
    page = room.browser().get(path(room, six, "/blame"))
    rows = re.findall(r"<tr>(.*?)</tr>", page.text, re.DOTALL)[1:]
    told = [
        (
            html.unescape(re.search(r"¶</a> (.*?)</td>", row, re.DOTALL)[1]),  # type: ignore[index]
            int(re.search(r'<bdi class="by">[^<]*?(\d+)</bdi>', row)[1]),  # type: ignore[index]
            re.search(r"/history#e-([a-z2-7]+)", row)[1],  # type: ignore[index]
        )
        for row in rows
    ]
    seen = room.eve.get(room.api(f"/posts/{six[0]}"))["paragraphs"]
    assert told == [(p["text"], p["author"], p["record"][-12:]) for p in seen if p["shown"]]
    assert ("The old well is quite dry.", 3, six[4][-12:]) in told
    room.vote(room.bo, six[4], 0, 0)


def test_v9_the_graph_has_a_conclusion_and_the_same_as_a_table(room: ReadingRoom, six: list[str]) -> None:
    text = room.browser().get(path(room, six, "/history")).text
    (svg,) = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert 'role="img"' in svg
    assert "<title" in svg
    assert "7 records by 3 authors." in svg
    assert len(svg) < 30_000
    assert "style=" not in svg
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>.*?</td><td>(.*?)</td></tr>', text)
    assert [(number, author.split(" ")[0], upon) for number, author, upon in rows] == [
        ("A1", "Ada", ""),
        ("A2", "Ada", "1"),
        ("B3", "Bo", "1"),
        ("A4", "Ada", "1"),
        ("C5", "Cy", "3"),
        ("A6", "Ada", "1"),
        ("A7", "Ada", "2"),
    ]
    assert svg.count("<circle") == len(rows)


def test_a_members_own_groups_tell_what_they_show(room: ReadingRoom) -> None:
    page = room.browser("cy").get(room.at("/history"))
    (entry,) = re.findall(rf'<li id="e-{room.edit[-12:]}">(.*?)</li>', page.text, re.DOTALL)
    assert "0 of 1 shown" in entry
    assert "<bdi>Strict readers</bdi>: 1 of 1 shown" in entry


def test_ax_10_no_page_of_the_past_runs_what_people_wrote(room: ReadingRoom, six: list[str]) -> None:
    for tail in ("/history", "/blame", f"/diff?from={six[3]}&to={six[5]}", "?mode=wiki"):
        text = room.browser().get(path(room, six, tail)).text
        assert EVIL not in text
        assert "onerror=alert" in html.unescape(text) or tail == "/history"
