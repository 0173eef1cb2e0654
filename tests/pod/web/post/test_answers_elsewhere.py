"""X1: answers from groups that repost a post stand below it for who may read them, and are judged by the lens."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.browsing import Browser, Seen
from tests.support.people import joined
from tests.support.reading_room import ReadingRoom, a_reading_room, write
from tests.support.rig import ServedPod, eventually


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    return a_reading_room(pod)


def found(room: ReadingRoom, visibility: str) -> str:
    """A group of eve's that reposts the post, or only knows it."""
    wishes = {"name": f"Eve's {visibility} group", "visibility": visibility, "weight": 3000}
    return str(room.eve.post("/api/v1/groups", wishes)["group"])


def answer(room: ReadingRoom, group: str, text: str, **about: Any) -> str:
    return write(room.eve, group, [("text", text)], reply_to={"record": room.post, **about})


def on_card(room: ReadingRoom, browser: Browser) -> int:
    """The answers that the group's page counts for the post."""
    page = browser.get(f"/g/{room.group}").text
    card = page[page.index(room.post) :]
    told = re.search(r"(\d+) (?:replies|reply)\b", card)
    return int(told[1]) if told else 0


def on_page(room: ReadingRoom, browser: Browser) -> int:
    """The answers and comments that the post's page lists."""
    page = browser.get(room.at("?mode=wiki")).text
    comments = sum(int(count) for count in re.findall(r">(\d+) comments?<", page))
    answers = page[page.index('id="answers"') :]
    return comments + answers.count('<article class="reply"')


def badge(room: ReadingRoom, name: str) -> str:
    """How much news a page's head says there is."""
    return "".join(
        re.findall(r'href="/notifications"[^>]*>(.*?)</a>', room.browser(name).get("/groups").text, re.DOTALL)
    )


def is_folded(page: Seen, text: str) -> bool:
    before = page.text[: page.text.index(text)]
    return before.rfind('<details class="folded">') > before.rfind('<article class="reply"')


def test_x1_an_answer_from_a_group_that_reposts_the_post_is_judged_by_the_lens(room: ReadingRoom) -> None:
    group = found(room, "public")
    room.vote(room.eve, room.post, None, 1000, group=group)
    eve, stranger = room.browser("eve"), room.browser()
    counted = on_card(room, stranger)
    page = eve.get(room.at(f"?lens={group}"))
    assert "Your answer is written in Eve&#39;s public group, through which you look." in page.text
    form = next(form for form in page.forms if "/reply" in form.action)
    eve.submit(page, form.action, "Answer", text="Seen from elsewhere.")
    through = stranger.get(room.at(f"?lens={group}"))
    assert "in Eve&#39;s public group" in through.text
    assert not is_folded(through, "Seen from elsewhere.")
    assert is_folded(stranger.get(room.at()), "Seen from elsewhere.")
    assert on_card(room, stranger) == on_page(room, stranger) == counted + 1
    own = re.search(rf'href="(/g/{group}/posts/\w+)', through.text)
    assert own
    assert f'href="{room.at()}"' in stranger.get(own[1]).text  # it leads back to what it answers


def test_x1_what_is_answered_in_a_private_group_is_read_and_counted_by_its_members_alone(room: ReadingRoom) -> None:
    group = found(room, "private")
    joined(room.eve, group, room.bo, 1000)
    room.vote(room.eve, room.post, None, 1000, group=group)
    stranger, bo = room.browser(), room.browser("bo")
    counts, news = (on_card(room, stranger), on_card(room, bo)), badge(room, "ada")
    answer(room, group, "Between us.")
    answer(room, group, "Of this paragraph.", index=3)
    eventually(lambda: on_card(room, bo) == counts[1] + 2)
    assert (on_card(room, stranger), on_page(room, stranger)) == (counts[0], counts[0])
    assert on_page(room, bo) == counts[1] + 2
    assert badge(room, "ada") == news, "its author isn't told that there is something that she may not read"
    for browser in (stranger, room.browser("ada")):
        for path in ("", f"?thread={room.post}.3&mode=wiki"):
            text = browser.get(room.at(path)).text
            assert "Between us." not in text
            assert "Of this paragraph." not in text
    assert "Between us." in bo.get(room.at()).text
    assert "Of this paragraph." in bo.get(room.at(f"?thread={room.post}.3&mode=wiki")).text


def test_x1_a_group_where_nobody_supports_the_post_says_nothing_below_it(room: ReadingRoom) -> None:
    group = found(room, "public")
    stranger = room.browser()
    counted = on_card(room, stranger)
    answer(room, group, "Buy my pumps.")
    room.vote(room.eve, room.post, None, -1000, group=group)
    assert "Buy my pumps." not in stranger.get(room.at()).text
    assert on_card(room, stranger) == on_page(room, stranger) == counted
    assert "Your answer is written in" not in room.browser("eve").get(room.at(f"?lens={group}")).text


def test_x1_an_edit_is_offered_only_where_it_will_be_accepted(room: ReadingRoom) -> None:
    wiki = room.at("?mode=wiki")
    assert "Suggest an edit" in room.browser("cy").get(wiki).text
    assert "Suggest an edit" not in room.browser("eve").get(wiki).text
    assert "Suggest an edit" in room.browser().get(wiki).text  # who signs in finds out


def test_x1_an_edit_from_a_group_that_reposts_the_post_is_judged_by_the_lens(room: ReadingRoom) -> None:
    group = found(room, "public")
    room.vote(room.eve, room.post, None, 1000, group=group)
    adds = [{"style": "text", "text": "Eve knows better.", "after": {"record": room.post, "index": 0}}]
    others = [{"record": room.post, "index": index} for index in (1, 3)]
    # She also tries to join two paragraphs that aren't hers, of which then only one would be shown.
    marks = [{"paragraph": others[0], "replaced_by": others[1]}]
    body = {"post": room.post, "adds": adds, "marks": marks}
    edit = room.eve.post(f"/api/v1/groups/{group}/patches", body)["record"]
    room.vote(room.eve, edit, 0, 1000, group=group)

    def shown(**lens: str) -> list[str]:
        return [line["text"] for line in room.seen(**lens)["paragraphs"] if line["shown"]]

    assert "Eve knows better." in shown(lens=group)
    plain = shown()
    assert "Eve knows better." not in plain
    assert {"Water is a common good.", room.seen()["paragraphs"][1]["text"]} <= {*plain, "Eve knows better."}
    wiki = room.browser().get(room.at("?mode=wiki")).text
    assert "Eve knows better." in wiki
    assert "in Eve&#39;s public group" in wiki
    for page in ("/history", "/blame", f"/why?target={edit}.0"):
        assert room.browser().get(room.at(page)).status == 200
    room.vote(room.ada, edit, 0, 1000)
    assert "Eve knows better." in shown()


def test_x1_who_looks_through_a_group_that_reposts_the_post_edits_it_there(room: ReadingRoom) -> None:
    group, eve = found(room, "public"), room.browser("eve")
    room.vote(room.eve, room.post, None, 1000, group=group)
    paragraph = room.at(f"/paragraphs/{room.post}/4")
    assert eve.get(f"{paragraph}/edit").status == 403
    page = eve.get(room.at(f"?lens={group}&mode=wiki"))
    for act in ("edit", "add"):
        assert f'href="{paragraph}/{act}?lens={group}"' in page.text
    page = eve.get(f"{paragraph}/edit?lens={group}")
    assert "Your edit is written in Eve&#39;s public group, through which you look." in page.text
    assert "skrivs i Eve&#39;s public group" in room.browser("eve", "sv").get(f"{paragraph}/edit?lens={group}").text
    form = next(form for form in page.forms if "/edit" in form.action)
    shown = eve.submit(page, form.action, "Publish", text="Ask all neighbours")
    assert f"lens={group}" in shown.path
    # Once more: who wrote a version continues that one.
    page = eve.get(f"{paragraph}/edit?lens={group}")
    eve.submit(page, form.action, "Publish", text="Ask every neighbour")
    page = eve.get(f"{paragraph}/add?lens={group}")
    eve.submit(page, next(form for form in page.forms if "/add" in form.action).action, "Publish", text="Or dig.")
    texts = {line["text"] for line in room.seen(lens=group)["paragraphs"]}
    assert {"Ask all neighbours", "Ask every neighbour", "Or dig."} <= texts
    # And what stands elsewhere makes no edit of the post's own members stale.
    ada = room.browser("ada")
    page = ada.get(f"{paragraph}/edit")
    assert "through which you look" not in page.text
    shown = ada.submit(page, "/edit", "Publish", text="Ask the village")
    assert shown.path.startswith(room.at("?")), shown.text[:300]


def test_x1_an_edit_in_a_private_group_is_read_by_its_members_alone(room: ReadingRoom) -> None:
    group = found(room, "private")
    joined(room.eve, group, room.bo, 1000)
    room.vote(room.eve, room.post, None, 1000, group=group)
    adds = [{"style": "text", "text": "Known to two.", "after": {"record": room.post, "index": 0}}]
    room.eve.post(f"/api/v1/groups/{group}/patches", {"post": room.post, "adds": adds})
    for page in ("?mode=wiki", "/history", "/blame"):
        assert "Known to two." not in room.browser().get(room.at(page)).text
        assert "Known to two." not in room.browser("ada").get(room.at(page)).text
    assert "Known to two." in room.browser("bo").get(room.at("?mode=wiki")).text
    assert "Known to two." not in str(room.ada.get(room.api(f"/posts/{room.post}")))
