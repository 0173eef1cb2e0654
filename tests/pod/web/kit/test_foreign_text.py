"""What others wrote among our words: nothing of it is unseen, and it turns nothing around."""

from __future__ import annotations

import json

import pytest
from markupsafe import escape

from pod.foreign_text import is_seen, isolated
from pod.translations import translator_for
from pod.web.group.wording import member_name
from tests.support.browsing import Browser
from tests.support.reading_room import ReadingRoom, a_reading_room
from tests.support.rig import RefusedByHttpError, ServedPod

EN = translator_for("en")
FILLERS = ["\u200b", "\u200b\u2060", "\u3164", "\u2800\u2800", "\u00ad", "  ", "\u0301", "\ufe0f", "\u202e"]


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    return a_reading_room(pod)


@pytest.mark.parametrize("text", FILLERS, ids=ascii)
def test_public_26_nothing_of_fillers_is_seen(text: str) -> None:
    assert not is_seen(text)
    assert member_name(EN, 7, text) == "member 7"


@pytest.mark.parametrize("text", ["The well", "ב", "7", "👩‍🚀", "é", "…"], ids=ascii)
def test_public_26_letters_numbers_and_pictures_are_seen(text: str) -> None:
    assert is_seen(text)


@pytest.mark.parametrize(
    ("path", "end", "field"),
    [
        ("/g/{group}/write", "/write", "text"),
        ("/g/{group}/write", "/write", "title"),
        ("/g/{group}/posts/{post}", "/reply", "text"),
        ("/g/{group}/profile", "/profile", "nickname"),
        ("/groups/new", "/groups/new", "name"),
    ],
)
def test_n8_nobody_writes_what_nobody_sees(room: ReadingRoom, path: str, end: str, field: str) -> None:
    browser: Browser = room.browser("bo")
    page = browser.get(path.format(group=room.group, post=room.post))
    typed = {"text": "x", field: "\u200b"} if end == "/write" else {field: "\u200b"}
    if end == "/groups/new":
        page = browser.submit(page, end, press="Look at it first", **typed)
        answer = browser.press(page, "Found it")
    else:
        answer = browser.submit(page, end, **typed)
    assert answer.status == 400
    assert "Write something first." in answer.text or "nothing would be seen" in answer.text


def test_n8_programs_neither(room: ReadingRoom) -> None:
    body = {"kind": "note", "paragraphs": [{"style": "text", "text": "\u2060"}]}
    with pytest.raises(RefusedByHttpError) as refused:
        room.bo.post(room.api("/posts"), body)
    assert (refused.value.status, json.loads(refused.value.document)["rule"]) == (400, "write_something")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Bo", "Bo"),
        ("Åsa · 2", "Åsa · 2"),
        ("\u202eevil", "\u2068\u202eevil\u2069"),
        ("\u2067evil", "\u2068evil\u2069"),
        ("evil\u2069", "\u2068evil\u2069"),
        ("محمد", "\u2068محمد\u2069"),
        ("\u2068محمد\u2069 · 2", "\u2068\u2068محمد\u2069 · 2\u2069"),
    ],
    ids=ascii,
)
def test_public_13_what_turns_a_line_is_isolated_where_sentences_are_put_together(text: str, said: str) -> None:
    assert isolated(text) == said
    assert EN("%(who)s answered you", who=text) == f"{said} answered you"


def test_public_13_a_byline_isolates_the_name_from_the_number() -> None:
    assert member_name(EN, 2, "محمد") == "\u2068محمد\u2069 · 2"


@pytest.mark.parametrize("sign", ["\0", "\ufffe", "\ufdd0", "\U0001ffff"], ids=ascii)
def test_a_sign_that_no_script_has_is_told_to_people(room: ReadingRoom, sign: str) -> None:
    browser = room.browser("bo")
    answer = browser.submit(browser.get(f"/g/{room.group}/write"), "/write", title="Signs", text=f"a{sign}b")
    assert answer.status == 400
    assert "a sign that no script has" in answer.text
    assert "I-JSON" not in answer.text
    assert "Signs" in answer.text


def test_public_26_markup_in_a_sentence_stays_markup_and_all_beside_it_is_escaped() -> None:
    last = EN("%(host)s's copy: %(time)s", host="<b>ב", time=EN.time(60_000))
    assert str(escape(last)) == (
        '\u2068&lt;b&gt;ב\u2069&#39;s copy: <time datetime="1970-01-01T00:01:00Z">1 Jan 1970 00:01 UTC</time>'
    )
    many = EN.many("%(count)s <b>: %(time)s", "%(count)s: %(time)s", 1, time=EN.time(60_000))
    assert str(escape(many)).startswith("1 &lt;b&gt;: <time ")
    assert str(escape(EN("<b> %(host)s", host="<i>"))) == "&lt;b&gt; &lt;i&gt;", "no markup, no page's word for it"
