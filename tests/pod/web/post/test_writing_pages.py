"""Writing without scripts: posts, answers and edits; a preview before, what was typed kept, stale edits told."""

from __future__ import annotations

import pytest

from tests.support.browsing import Browser, Seen
from tests.support.reading_room import ReadingRoom, a_reading_room, write
from tests.support.rig import ServedPod

TYPED = "# Why\n\nBecause.\n\n> Ask him\n\n- one\n- two\n\n```\nx = 1\n\ny\n```"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    return a_reading_room(pod)


def value(page: Seen, name: str, action: str) -> str:
    return dict(next(form for form in page.forms if form.action.endswith(action)).fields)[name]


def test_ax_03_a_post_is_previewed_published_and_read_as_it_was_typed(room: ReadingRoom) -> None:
    browser = room.browser("bo")
    page = browser.get(f"/g/{room.group}/write")
    typed = {"text": TYPED, "title": f"Questions {EVIL}", "language": "sv"}
    preview = browser.submit(page, "/write", press="Preview", **typed)
    assert preview.status == 200
    assert "Nothing is published yet." in preview.text
    for shown in ('<h2 class="heading-1" dir="auto">Why</h2>', "<blockquote", "<pre"):
        assert shown in preview.text
    assert EVIL not in preview.text
    assert value(preview, "text", "/write") == TYPED
    assert value(preview, "language", "/write") == "sv"
    posted = browser.submit(preview, "/write", press="Publish")
    assert posted.path.endswith("?said=written")
    post = posted.path.split("/posts/")[1].split("?")[0]
    seen = room.eve.get(room.api(f"/posts/{post}"))
    assert [(p["style"], p["text"]) for p in seen["paragraphs"]] == [
        ("heading-1", "Why"),
        ("text", "Because."),
        ("quote", "Ask him"),
        ("list-item", "one"),
        ("list-item", "two"),
        ("code", "x = 1\n\ny"),
    ]
    assert (seen["title"], seen["language"], seen["score"]) == (f"Questions {EVIL}", "sv", 2_000_000)


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ({"text": "   "}, 400, "Write something first."),
        ({"text": "x", "title": "y" * 201}, 400, "at most 200 letters"),
        ({"text": "word " * 20_000}, 413, "longer than a record may be"),
    ],
)
def test_ax_08_a_refused_form_keeps_what_was_typed_and_says_what_is_wrong_on_top(
    room: ReadingRoom, typed: dict[str, str], status: int, said: str
) -> None:
    browser = room.browser("bo")
    answer = browser.submit(browser.get(f"/g/{room.group}/write"), "/write", press="Publish", **typed)
    assert answer.status == status
    assert said in answer.text
    assert answer.text.index('role="alert"') < answer.text.index("<textarea")
    assert value(answer, "text", "/write") == typed["text"]


def test_md_10_an_answer_and_a_comment_come_back_to_their_places(room: ReadingRoom) -> None:
    browser = room.browser("cy")
    page = browser.get(room.at(f"?thread={room.post}.3"))
    answered = browser.submit(page, "/reply", text="Indeed.", record=f"{room.post}", index="3")
    assert answered.path == room.at(f"?thread={room.post}.3&said=replied")
    assert "Indeed." in answered.text
    reply = browser.submit(browser.get(room.at()), "/reply", press="Answer", text="Good post.")
    assert reply.path == room.at("?said=replied")
    assert "Good post." in reply.text
    assert "1 comment" in reply.text


def test_md_10_a_comment_is_previewed_with_what_it_is_about(room: ReadingRoom) -> None:
    browser = room.browser("cy")
    form = next(f for f in browser.get(room.at(f"?thread={room.post}.3")).forms if ("index", "3") in f.fields)
    page = browser.post(form.action, [*form.fields, ("text", "Hm."), ("do", "preview")])
    assert "Water is a common good." in page.text
    assert "Nothing is published yet." in page.text
    assert value(page, "index", "/reply") == "3"


def edit_page(browser: Browser, room: ReadingRoom, post: str, index: int = 0) -> Seen:
    return browser.get(f"/g/{room.group}/posts/{post}/paragraphs/{post}/{index}/edit")


def texts(room: ReadingRoom, post: str) -> list[str]:
    return [p["text"] for p in room.eve.get(room.api(f"/posts/{post}"))["paragraphs"] if p["shown"]]


def test_md_10_an_authors_edit_is_shown_at_once_and_a_suggestion_once_votes_are_for_it(room: ReadingRoom) -> None:
    post = write(room.ada, room.group, [("text", "The old words.")])
    browser = room.browser("ada")
    page = edit_page(browser, room, post)
    assert value(page, "text", "/edit") == "The old words."
    done = browser.submit(page, "/edit", press="Publish", text="The new words.")
    assert texts(room, post) == ["The new words."]
    assert "?mode=wiki&said=suggested" in done.path
    new = next(p for p in room.ada.get(room.api(f"/posts/{post}"))["paragraphs"] if p["shown"])
    suggesting = room.browser("bo")
    path = f"/g/{room.group}/posts/{post}/paragraphs/{new['record']}/0/edit"
    suggesting.submit(suggesting.get(path), "/edit", press="Publish", text="The newest words.")
    assert texts(room, post) == ["The new words."]
    better = next(p for p in room.ada.get(room.api(f"/posts/{post}"))["paragraphs"] if p["author"] == 2)
    room.vote(room.bo, better["record"], 0, 1000)
    assert texts(room, post) == ["The newest words."]


def test_md_10_who_edits_again_continues_the_own_version(room: ReadingRoom) -> None:
    post = write(room.ada, room.group, [("text", "One.")])
    bo, ada = room.browser("bo"), room.browser("ada")
    for browser, text in ((bo, "Two."), (bo, "Three."), (ada, "Four."), (ada, "Five.")):
        browser.submit(edit_page(browser, room, post), "/edit", press="Publish", text=text)
    assert texts(room, post) == ["Five."]
    paragraphs = room.ada.get(room.api(f"/posts/{post}"))["paragraphs"]
    assert all(p["instead"] for p in paragraphs if not p["shown"]), "all are versions of one paragraph"


def test_api_08_a_stale_edit_is_answered_409_with_what_differs_and_kept(room: ReadingRoom) -> None:
    post = write(room.ada, room.group, [("text", "The well is dry.")])
    first, second = room.browser("ada"), room.browser("bo")
    mine, theirs = edit_page(first, room, post), edit_page(second, room, post)
    first.submit(mine, "/edit", press="Publish", text="The well is very dry.")
    answer = second.submit(theirs, "/edit", press="Publish", text="The well is quite dry.")
    assert answer.status == 409
    assert "Somebody wrote another version meanwhile." in answer.text
    assert "The well is <del>very</del><ins>quite</ins> dry." in answer.text
    assert value(answer, "text", "/edit") == "The well is quite dry."
    assert texts(room, post) == ["The well is very dry."]
    sent = second.submit(answer, "/edit", press="Publish")
    assert sent.status == 200
    assert "The well is quite dry." in {
        p["text"] for p in room.ada.get(room.api(f"/posts/{post}"))["paragraphs"] if not p["shown"]
    }


def test_public_35_who_edits_a_paragraph_that_its_author_just_deleted_is_told_and_keeps_the_words(
    room: ReadingRoom,
) -> None:
    post = write(room.ada, room.group, [("text", "The well is dry."), ("text", "So is the pond.")])
    first, second = room.browser("ada"), room.browser("bo")
    page = edit_page(second, room, post)
    first.submit(first.get(f"/g/{room.group}/posts/{post}?mode=wiki"), "/acts", act=f"delete:{post}.0")
    assert texts(room, post) == ["So is the pond."]
    answer = second.submit(page, "/edit", press="Publish", text="The well is full.")
    assert answer.status == 409
    assert "Somebody deleted this paragraph meanwhile." in answer.text
    assert "What came meanwhile" not in answer.text
    assert value(answer, "text", "/edit") == "The well is full."
    assert "said=suggested" in second.submit(answer, "/edit", press="Publish").path


@pytest.mark.parametrize("where", ["/write", "/reply", "/add"])
def test_public_18_blanks_at_the_beginning_of_what_is_written_stay(room: ReadingRoom, where: str) -> None:
    typed = "    four blanks\n  two"
    browser = room.browser("ada")
    post = write(room.ada, room.group, [("text", "First.")])
    own = f"/g/{room.group}/posts/{post}"
    page = {"/write": f"/g/{room.group}/write", "/reply": own, "/add": f"{own}/paragraphs/{post}/0/add"}[where]
    done = browser.submit(browser.get(page), where, press="Answer" if where == "/reply" else "Publish", text=typed)
    assert typed in browser.get(done.path.split("#")[0]).text


def test_md_10_an_edit_is_previewed_as_a_diff(room: ReadingRoom) -> None:
    browser = room.browser("bo")
    page = edit_page(browser, room, room.post, 1)
    preview = browser.submit(page, "/edit", press="Preview", text="The well is wet.")
    assert preview.status == 200
    assert "<del>" in preview.text
    assert value(preview, "text", "/edit") == "The well is wet."


def test_md_10_paragraphs_are_added_below_one(room: ReadingRoom) -> None:
    post = write(room.ada, room.group, [("text", "First."), ("text", "Last.")])
    browser = room.browser("ada")
    page = browser.get(f"/g/{room.group}/posts/{post}/paragraphs/{post}/0/add")
    assert "Preview" in browser.submit(page, "/add", press="Preview", text="Second.\n\nThird.").text
    browser.submit(page, "/add", press="Publish", text="Second.\n\nThird.")
    assert texts(room, post) == ["First.", "Second.", "Third.", "Last."]


@pytest.mark.parametrize(
    "path", ["/write", "/posts/{post}/paragraphs/{post}/0/edit", "/posts/{post}/paragraphs/{post}/0/add"]
)
def test_who_is_no_member_is_told_and_who_is_not_signed_in_is_sent_to_sign_in(room: ReadingRoom, path: str) -> None:
    path = f"/g/{room.group}{path.format(post=room.post)}"
    assert room.browser("eve").get(path).status == 403
    assert room.browser().get(path).path.startswith("/sign-in?to=")


@pytest.mark.parametrize(("index", "status"), [("99", 404), ("x", 400), ("1234567", 400)])
def test_a_paragraph_that_is_none_can_not_be_edited(room: ReadingRoom, index: str, status: int) -> None:
    assert room.browser("bo").get(room.at(f"/paragraphs/{room.post}/{index}/edit")).status == status


def test_nothing_changed_is_no_edit(room: ReadingRoom) -> None:
    browser = room.browser("bo")
    answer = browser.submit(edit_page(browser, room, room.post, 1), "/edit", press="Publish")
    assert answer.status == 400
    assert "Nothing was changed." in answer.text
