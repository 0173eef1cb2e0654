"""Whatever a member of another pod may fill a field with is text on every page of posts, and never markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from tests.support.reading_room import ReadingRoom, a_reading_room, write
from tests.support.rig import ServedPod, call

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=alert(1)>&lt;b&gt;{{7*7}}\u202e"
ATTRIBUTE = '"onfocus=alert(1) autofocus x="'
TAGS = {"script", "svg/onload", "iframe", "object", "embed", "style", "base"}


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    """The room, with everything that people say made evil: names, titles, texts, styles' texts, languages, reasons."""
    made = a_reading_room(pod)
    for person in (made.ada, made.bo, made.cy):
        profile = {"type": "Profile", "nickname": EVIL, "text": EVIL}
        person.post(f"/api/v1/groups/{made.group}/records", profile)
    made.strict = made.cy.post("/api/v1/groups", {"name": EVIL, "description": EVIL})["group"]
    styles = ("heading-1", "text", "quote", "code", "list-item", "image")
    texts = [(style, EVIL) for style in styles]
    made.post = write(made.ada, made.group, texts, kind="article", title=EVIL, language=ATTRIBUTE)
    old = {"record": made.post, "index": 1}
    marks = [{"paragraph": old, "replaced_by": {"index": 0}}]
    adds = [{"style": "text", "text": EVIL[::-1] + EVIL, "after": old}]
    made.edit = made.patch(made.bo, adds=adds, marks=marks)
    made.patch(made.ada, marks=[{"paragraph": {"record": made.post, "index": 4}, "deleted": True}])
    made.vote(made.bo, made.post, None, 1000, why=EVIL)
    made.vote(made.cy, made.post, 2, -1000, why=EVIL)
    made.vote(made.cy, made.post, 2, 1000, group=made.strict, why=EVIL)
    made.vote(made.cy, made.post, None, 1000, group=made.strict, why=EVIL)
    write(made.bo, made.group, [("text", EVIL)], title=EVIL, reply_to={"record": made.post})
    write(made.bo, made.group, [("text", EVIL)], title=EVIL, reply_to={"record": made.post, "index": 0})
    made.comment = write(made.bo, made.group, [("text", EVIL)], title=EVIL, reply_to={"subject": f"Wells {EVIL}"[:200]})
    return made


class _Look(HTMLParser):
    """Finds what a browser would run, fetch or be focused by."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        ours = dict(attrs)
        if tag in TAGS and not (tag == "script" and (ours.get("src") or "").startswith("/static/")):
            self.faults.append(f"<{tag}>")
        # The page focuses its own notice; words that broke out of an attribute there would bring a handler along.
        forbidden = {"style", "srcdoc"} | ({"autofocus"} if ours.get("role") not in {"alert", "status"} else set())
        for name, value in attrs:
            if name.startswith("on") or name in forbidden:
                self.faults.append(f"{tag} {name}")
            if name in {"href", "src", "action"} and not re.match(r"[/#]", value or "#"):
                self.faults.append(f"{tag} {name}={value}")


PAGES = [
    "",
    "?mode=wiki",
    "?lens={strict}",
    "?thread={post}.0",
    "?showing=everything&mode=wiki",
    "/why",
    "/why?target={post}.2&lens={strict}",
    "/history",
    "/blame",
    "/diff?from={post}&to={edit}",
    "/diff?from={post}.1&to={edit}.0",
    "/compare?a={group}&b={strict}",
    "/erase",
    "/paragraphs/{post}/1/edit",
    "/paragraphs/{post}/3/add",
]


def faults(text: str) -> list[str]:
    look = _Look()
    look.feed(text)
    return look.faults + (["49"] if re.search(r">49<|49\u202e", text) else [])


@pytest.mark.parametrize("name", ["", "bo", "ada"], ids=["visitor", "bo", "ada"])
@pytest.mark.parametrize("tail", PAGES)
def test_ax_10_what_people_write_is_text(room: ReadingRoom, tail: str, name: str) -> None:
    path = tail.format(post=room.post, edit=room.edit, group=room.group, strict=room.strict)
    page = room.browser(name).get(room.at(path))
    if not page.path.startswith("/sign-in"):
        assert faults(page.text) == []


@pytest.mark.parametrize(
    "path",
    ["/g/{group}/preview?lens={strict}", "/g/{group}/posts/{comment}", "/me/hides", "/g/{group}/write?subject={evil}"],
)
def test_ax_10_so_it_is_on_the_other_pages(room: ReadingRoom, path: str) -> None:
    browser = room.browser("bo")
    page = browser.get(room.at("?mode=wiki"))
    form = next(form for form in page.forms if form.action.endswith("/acts"))
    for act in (f"hide:{room.post}", f"mute:{room.post}"):
        browser.post(form.action, [*form.fields, ("act", act)])
    filled = path.format(group=room.group, strict=room.strict, comment=room.comment, evil=quote(EVIL))
    answer = browser.get(filled)
    assert answer.status == 200
    assert faults(answer.text) == []
    assert "&lt;script&gt;" in answer.text
    for act in (f"unhide:{room.post}", f"unmute:{room.post}"):
        browser.post(form.action, [*form.fields, ("act", act)])


def test_ax_10_what_is_typed_comes_back_as_text_in_previews_and_refusals(room: ReadingRoom) -> None:
    browser = room.browser("bo")
    page = browser.get(f"/g/{room.group}/write")
    for press in ("Preview", "Publish"):
        typed = {"text": f"# {EVIL}\n\n{EVIL}", "title": EVIL * 5, "language": ATTRIBUTE}
        answer = browser.submit(page, "/write", press=press, **typed)
        assert faults(answer.text) == []
    edit = browser.get(room.at(f"/paragraphs/{room.post}/1/edit"))
    assert faults(browser.submit(edit, "/edit", press="Preview", text=f"{EVIL} changed").text) == []


def test_ax_10_addresses_that_strangers_make_say_nothing(room: ReadingRoom) -> None:
    evil = quote('"><script>alert(1)</script>')
    for tail in (
        f"?lens={evil}",
        f"?mode={evil}",
        f"?thread={evil}",
        f"/why?target={evil}",
        f"/compare?a={evil}",
        f"/diff?from={evil}",
        f"?said={evil}",
        f"?x={evil}",
    ):
        assert faults(room.browser("bo").get(room.at(tail)).text) == []


def test_a_style_or_index_that_no_record_may_have_never_comes_in(room: ReadingRoom) -> None:
    body = {"kind": "note", "paragraphs": [{"style": EVIL, "text": "x"}]}
    with pytest.raises(AssertionError, match="malformed_record"):
        call("POST", f"{room.pod.url}/api/v1/groups/{room.group}/posts", body, token=room.bo.account["token"])


def test_a_private_groups_posts_are_no_page_for_others(room: ReadingRoom) -> None:
    group = room.ada.post("/api/v1/groups", {"name": "Secret", "visibility": "private"})["group"]
    post = write(room.ada, group, [("text", "Hush.")], title="Quiet")
    own = f"/g/{group}/posts/{post}"
    assert "Hush." in room.browser("ada").get(own).text
    tails = ("", "/why", "/history", "/blame", "/compare", f"/diff?from={post}&to={post}", "/erase")
    for name in ("", "bo"):
        for tail in (*tails, f"/paragraphs/{post}/0/edit"):
            page = room.browser(name).get(own + tail)
            assert page.status == 404 or page.path.startswith("/sign-in"), (name, tail)
            assert "Hush." not in page.text
            assert "Quiet" not in page.text
    for path in (room.at(f"?lens={group}"), room.at(f"/compare?b={group}"), f"/g/{room.group}/preview?lens={group}"):
        assert room.browser("bo").get(path).status == 404
        assert "Secret" not in room.browser("bo").get(path).text
    room_page = room.browser("ada").get(room.at())
    assert "Secret" in room_page.text, "one's own private groups may be looked through"
    assert "Secret" not in room.browser().get(room.at()).text


@pytest.mark.parametrize(("said", "named"), [("sv-SE", True), ("no language", False), (ATTRIBUTE, False), ("", False)])
def test_ax_06_only_what_can_be_a_language_is_named_as_one(room: ReadingRoom, said: str, *, named: bool) -> None:
    post = write(room.ada, room.group, [("text", "Hej.")], language=said)
    text = room.browser().get(f"/g/{room.group}/posts/{post}").text
    assert (f'<div class="prose" lang="{said}">' in text) == named
    assert ('<div class="prose">' in text) != named
