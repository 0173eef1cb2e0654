"""Two lenses side by side, and a preview before following: the counts are those of two readings through the API."""

from __future__ import annotations

import re

import pytest

from pod.plots.stripes import PlotStripe, lens_stripes
from pod.translations import translator_for
from tests.support.browsing import Seen
from tests.support.reading_room import ReadingRoom, a_reading_room, write
from tests.support.rig import ServedPod


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    return a_reading_room(pod)


def tally(page: Seen) -> list[int]:
    found = page.text.split('<ul class="tally">')[1].split("</ul>")[0]
    return [int(number) for number in re.findall(r"\d+", found)]


def shown_by(room: ReadingRoom, lens: str) -> dict[tuple[str, int], bool]:
    return {(p["record"], p["index"]): p["shown"] for p in room.seen(lens=lens)["paragraphs"]}


def test_md_05_the_counts_are_those_of_two_readings(room: ReadingRoom) -> None:
    page = room.browser().get(room.at(f"/compare?a={room.group}&b={room.strict}"))
    first, second = shown_by(room, room.group), shown_by(room, room.strict)
    pairs = [(first[at], second[at]) for at in first]
    expected = [pairs.count(pair) for pair in ((True, False), (False, True), (True, True), (False, False))]
    assert tally(page) == expected
    assert all(expected[:3]), "the example shows each kind"
    kinds = re.findall(r'<div class="side (\w+)">', page.text)
    assert [kinds.count(kind) for kind in ("first", "second", "both", "neither")] == expected


def test_md_05_each_paragraph_has_its_letters(room: ReadingRoom) -> None:
    page = room.browser().get(room.at(f"/compare?a={room.group}&b={room.strict}"))
    sides = re.findall(
        r'<div class="side (\w+)">\n<span class="marks" role="img" aria-label="([^"]+)">(.*?)</span>\n', page.text
    )
    letters = {kind: "".join(re.findall(r">([AB–])<", marks + "<")) for kind, _, marks in sides}
    assert letters == {"both": "AB", "first": "A", "second": "B"}
    assert {label for kind, label, _ in sides if kind == "first"} == {"only in A"}


def test_md_05_lenses_are_chosen_and_turned_without_scripts(room: ReadingRoom) -> None:
    browser = room.browser()
    page = browser.get(room.at("/compare"))
    assert tally(page) == tally(browser.get(room.at(f"/compare?a={room.group}&b={room.strict}"))), "whoever voted is B"
    chosen = browser.submit(page, "/compare", press="Compare", a=room.strict, b="off")
    assert chosen.path == room.at(f"/compare?a={room.strict}&b=off")
    first, second = tally(page)[:2]
    turned = browser.get(room.at(f"/compare?a={room.strict}&b={room.group}"))
    assert tally(turned)[:2] == [second, first]


def test_md_05_the_lens_bar_leads_to_the_comparison(room: ReadingRoom) -> None:
    assert f'href="{room.at(f"/compare?a={room.strict}")}"' in room.browser().get(room.at(f"?lens={room.strict}")).text


def test_v8_the_stripes_have_a_conclusion_and_the_same_as_a_table(room: ReadingRoom) -> None:
    text = room.browser().get(room.at(f"/compare?a={room.group}&b={room.strict}")).text
    (svg,) = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert 'role="img"' in svg
    assert "Of 8 paragraphs lens A shows 6 and lens B 7; they differ in 3." in svg
    assert "style=" not in svg
    rows = re.findall(r'<tr><th scope="row">(\d+) .*?</th><td>(.*?)</td><td>(.*?)</td></tr>', text)
    first, second = shown_by(room, room.group), shown_by(room, room.strict)
    words = {True: "shown", False: "hidden"}
    assert [(a, b) for _, a, b in rows] == [(words[first[at]], words[second[at]]) for at in first]


def test_v8_stripes_stay_small_and_say_what_they_draw() -> None:
    say = translator_for("sv")
    lanes = [PlotStripe("ABCDEFGH"[n], "<b>" * 9, tuple((at + n) % 2 == 0 for at in range(500))) for n in range(8)]
    plot = lens_stripes(say, lanes, ["x"] * 500)
    assert len(plot.svg) < 30_000
    assert "<b>" not in plot.svg
    assert len(plot.rows) == 200
    assert plot.conclusion in plot.svg
    assert plot.conclusion == "Av 500 stycken visar lins A 250 och lins B 250; de skiljer sig i 500."


@pytest.fixture(scope="module")
def posts(room: ReadingRoom) -> list[str]:
    """Four posts by bo: shown in both, hidden by the strict, shown by the strict alone, in neither."""
    made = [write(room.bo, room.group, [("text", f"Post {number}.")], title=f"Post {number}") for number in range(4)]
    for post in (made[2], made[3]):
        room.vote(room.ada, post, None, -1000)
    for post in (made[0], made[2]):
        room.vote(room.cy, post, None, 1000, group=room.strict)
    return made


def test_md_06_the_preview_counts_what_the_lens_would_hide_and_show(room: ReadingRoom, posts: list[str]) -> None:
    page = room.browser("bo").get(f"/g/{room.group}/preview?lens={room.strict}")
    now = room.bo.get(room.api("/posts?limit=50"))["posts"]
    then = {
        line["post"]: line["shown"] for line in room.bo.get(room.api(f"/posts?limit=50&lens={room.strict}"))["posts"]
    }
    pairs = [(line["shown"], then[line["post"]]) for line in now]
    same, hidden, fresh = (
        sum(1 for one, other in pairs if one == other),
        pairs.count((True, False)),
        pairs.count((False, True)),
    )
    assert tally(page) == [same, hidden, fresh]
    would = page.text.split('id="hidden"')[1].split('id="shown"')
    assert f"/posts/{posts[1]}?lens={room.strict}" in would[0]
    assert f"/posts/{posts[2]}?lens={room.strict}" in would[1]
    assert posts[0] not in page.text
    assert posts[3] not in page.text


def test_md_06_following_is_one_form_and_strangers_sign_in_first(room: ReadingRoom) -> None:
    here = f"/g/{room.group}/preview?lens={room.strict}"
    form = next(form for form in room.browser("bo").get(here).forms if form.action == "/follows")
    assert ("group", room.strict) in form.fields
    assert ("back", here) in form.fields
    page = room.browser().get(here)
    assert page.forms == []
    assert "/sign-in?to=" in page.text


@pytest.mark.parametrize(
    ("query", "status"), [("", 400), ("lens=x", 400), ("lens={0}&lens={1}", 400), ("lens={post}", 404)]
)
def test_md_06_a_lens_that_is_none_has_no_preview(room: ReadingRoom, query: str, status: int) -> None:
    asked = query.format(room.group, room.strict, post=room.post)
    assert room.browser().get(f"/g/{room.group}/preview?{asked}").status == status


def test_md_06_after_following_the_lens_shows_what_the_preview_said(room: ReadingRoom, posts: list[str]) -> None:
    browser = room.browser("bo")
    preview = browser.get(f"/g/{room.group}/preview?lens={room.strict}")
    predicted = tally(preview)
    followed = browser.submit(preview, "/follows", press="Follow")
    assert followed.status == 200
    now = {line["post"]: line["shown"] for line in room.bo.get(room.api("/posts?limit=50"))["posts"]}
    lens = room.bo.get(room.api(f"/posts?limit=50&lens={room.strict}"))["posts"]
    pairs = [(now[line["post"]], line["shown"]) for line in lens]
    assert predicted[1:] == [pairs.count((True, False)), pairs.count((False, True))]
    page = browser.get(room.at())
    assert f'<a href="{room.at(f"?lens={room.strict}")}">My lens</a>' in page.text
    again = browser.get(f"/g/{room.group}/preview?lens={room.strict}")
    assert "compared with your lens of now" in again.text
    assert tally(again)[1:] == [0, 0]
    assert "My lens" not in room.browser("ada").get(room.at()).text
    assert posts
