"""Whatever a form is refused for, its answer holds what was typed, to be sent once more, and the way back."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import msgspec
import pytest
from playwright.sync_api import Browser as Chromium

import pod.web
from pod.web.kit.kept_form import LABELS, SECRET
from tests.support.browsing import Browser, Form, Seen, session_secret
from tests.support.chromium import Window, launched, too_wide, violations
from tests.support.people import joined
from tests.support.reading_room import ReadingRoom, a_reading_room, write
from tests.support.rig import ServedPod, eventually

TEXT = 'An hour of work about the well: "å" & <b>more</b>.\n\nAnd a second paragraph.'
# Fields that nobody types: they stand in a form hidden, or are chosen from what it offers.
UNTYPED = {
    *("language", "kind", "subject", "do", "record", "index", "act", "back", "bench", "style", "seen", "number"),
    *("to", "q", "visibility", "decides", "unvoted", "step", "draft", "others_weight", "default_score", "wish"),
    *("pod", "passkey", "session", "groups", "mine", "registration", "form_once", "grant", "kept", "way"),
    *("hour", "goal_poll", "about", "copy", "template", "move", "choice", "put", "area", "poll", "withdraws", "every"),
}


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    return a_reading_room(pod)


def form_of(page: Seen, end: str) -> Form:
    return next(form for form in page.forms if form.action.endswith(end))


def typed(form: Form, **values: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.fields if name not in values] + list(values.items())


def kept(answer: Seen, action: str) -> dict[str, str]:
    return dict(form_of(answer, action).fields)


def end_sessions_of(room: ReadingRoom, name: str) -> None:
    other = room.browser(name)
    other.press(other.get("/settings/sessions"), "End all others")


def links(page: Seen) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="([^"]*)"', page.text)]


FORMS = [
    ("/g/{group}/write", "/write", {"text": TEXT, "title": "The well"}),
    ("/g/{group}/posts/{post}", "/reply", {"text": TEXT}),
    ("/g/{group}/posts/{post}/paragraphs/{post}/1/edit", "/edit", {"text": TEXT}),
    ("/g/{group}/posts/{post}/paragraphs/{post}/1/add", "/add", {"text": TEXT}),
    ("/g/{group}/profile", "/profile", {"text": TEXT, "nickname": "Bo of the well"}),
    ("/groups/new", "/groups/new", {"name": "Wells", "description": TEXT}),
    ("/settings/tokens", "/settings/tokens", {"name": "My script"}),
]


@pytest.mark.parametrize(("path", "end", "words"), FORMS, ids=[end for _, end, _ in FORMS])
@pytest.mark.parametrize("meanwhile", ["session ended", "signed in anew"])
def test_public_10_what_was_typed_is_kept_when_the_session_is_another(
    room: ReadingRoom, path: str, end: str, words: dict[str, str], meanwhile: str
) -> None:
    browser, page = room.browser("bo"), path.format(group=room.group, post=room.post)
    form = form_of(browser.get(page), end)
    if meanwhile == "session ended":
        end_sessions_of(room, "bo")
    else:
        browser = room.browser("bo")
    answer = browser.post(form.action, typed(form, **words))
    assert answer.status == (401 if meanwhile == "session ended" else 403)
    again = kept(answer, end)
    assert {name: again[name] for name in words} == words
    hidden = [(name, value) for name, value in form.fields if name not in {*words, "form_token", "form_once"}]
    assert set(hidden) <= set(form_of(answer, end).fields)
    if meanwhile == "session ended":
        assert f"/sign-in?to={page}" in links(answer)
        assert "/sign-in" not in links(answer)
    else:
        sent = browser.submit(answer, end, press="Send it again")
        assert sent.status == 200
        assert kept(sent, end)["form_token"] if end == "/groups/new" else True


@pytest.mark.parametrize("meanwhile", ["left", "erased"])
def test_public_10_what_was_typed_is_kept_when_the_place_is_gone(room: ReadingRoom, meanwhile: str) -> None:
    post = write(room.ada, room.group, [("text", "One.")], title="Going")
    browser = room.browser("cy" if meanwhile == "left" else "bo")
    end = "/write" if meanwhile == "left" else "/edit"
    path = f"/g/{room.group}/write" if meanwhile == "left" else f"/g/{room.group}/posts/{post}/paragraphs/{post}/0/edit"
    form = form_of(browser.get(path), end)
    if meanwhile == "left":
        room.cy.post(room.api("/operations"), {"do": "leave", "with": {}})
        eventually(lambda: "Write" not in browser.get(f"/g/{room.group}").text.split("<main")[1].split("<article")[0])
    else:
        ada = room.browser("ada")
        erase = f"/g/{room.group}/posts/{post}/erase"
        ada.submit(ada.get(erase), "/erase", record=post)
    answer = browser.post(form.action, typed(form, text=TEXT))
    assert answer.status == (403 if meanwhile == "left" else 404)
    assert kept(answer, end)["text"] == TEXT


def test_n2_a_text_that_is_longer_than_the_pod_reads_is_shown_again(room: ReadingRoom) -> None:
    browser, long = room.browser("ada"), "word " * 250_000
    form = form_of(browser.get(f"/g/{room.group}/write"), "/write")
    answer = browser.post(form.action, typed(form, text=long))
    assert answer.status == 413
    assert kept(answer, "/write")["text"] == long
    beyond = browser.post(form.action, typed(form, text=2 * long))
    assert (beyond.status, "word word" in beyond.text) == (413, False)


def test_n2_a_form_of_another_site_is_not_handed_a_button(room: ReadingRoom) -> None:
    browser = room.browser("ada")
    for said in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = browser.post(f"/g/{room.group}/write", [("text", "Buy my well")], **said)
        assert answer.status == 403
        assert "Buy my well" not in answer.text
        assert not answer.forms


def test_n2_secrets_are_not_shown_again(room: ReadingRoom) -> None:
    answer = Browser(room.pod).post("/recover", [("phrase", "abandon ability"), ("name", "zoe")])
    assert answer.status == 403
    assert "abandon" not in answer.text


@pytest.mark.parametrize(
    ("path", "end", "words"),
    [
        ("/g/{group}/posts/{post}", "/reply", {"text": ""}),
        ("/g/{group}/write", "/write", {"text": " "}),
        ("/g/{group}/posts/{post}", "/acts", {"act": "nonsense"}),
    ],
)
@pytest.mark.parametrize("referrer", [True, False])
def test_public_25_the_other_language_leads_back_to_the_page_of_a_refused_form(
    room: ReadingRoom, path: str, end: str, words: dict[str, str], referrer: bool
) -> None:
    browser, page = room.browser("bo"), path.format(group=room.group, post=room.post) + "?show=all"
    form = form_of(browser.get(page), end)
    said = {"Referer": f"{room.pod.url}{page}&said=voted"} if referrer else {}
    refused = browser.post(form.action, typed(form, **words), **said)
    assert refused.status == 400
    choose = browser.get(next(link for link in links(refused) if link.startswith("/language")))
    back = browser.post("/language", [*choose.forms[0].fields, ("language", "en")])
    assert (back.status, re.sub("[?&]form=.*", "", back.path)) == (200, page if referrer else page.partition("?")[0])


def test_public_25_an_address_that_takes_no_get_says_what_it_takes_and_leads_to_its_page(room: ReadingRoom) -> None:
    answer = room.browser("bo").get(room.at("/reply"))
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert room.at() in links(answer)
    assert f"/language?back={room.at()}" in links(answer)


def test_every_field_that_people_type_is_known_by_a_label() -> None:
    for module in walk_packages(pod.web.__path__, "pod.web."):
        for name, kind in vars(import_module(module.name)).items():
            if inspect.isclass(kind) and issubclass(kind, msgspec.Struct) and name.endswith("Form"):
                if kind.__module__.startswith("pod.web.kit.") or kind.__module__ != module.name:
                    continue
                words = {field.name for field in msgspec.structs.fields(kind) if field.type is str}
                assert words <= {*LABELS, *SECRET, *UNTYPED}, f"{kind.__module__}.{name}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with launched() as browser:
        yield browser


@pytest.mark.parametrize("width", [360, 1280])
def test_n2_somebody_whose_session_ended_signs_in_elsewhere_and_sends_the_text_again(
    room: ReadingRoom, chromium: Chromium, width: int
) -> None:
    writer = f"writer{width}"
    joined(room.ada, room.group, room.pod.sign_up(writer), 1000)
    window = Window(chromium, {room.pod.url}, viewport={"width": width, "height": 800})
    sign_in(window, room.pod, writer)
    page = window.page
    page.goto(f"{room.pod.url}/g/{room.group}/write")
    page.fill("textarea[name=text]", TEXT)
    page.fill("input[name=title]", "A long evening")
    end_sessions_of(room, writer)
    page.get_by_role("button", name="Publish").click()
    assert page.locator("textarea[name=text]").input_value() == TEXT
    assert violations(page) == []
    assert too_wide(page) == []
    sign_in(window, room.pod, writer)
    page.get_by_role("button", name="Send it again").click()
    assert f"signed in as {writer}" in page.inner_text("main")
    page.get_by_role("button", name="Send it again").click()
    page.wait_for_url("**/posts/*?said=written")
    assert "A long evening" in page.inner_text("main")
    window.close()


def sign_in(window: Window, pod: ServedPod, name: str) -> None:
    secret, cookie = session_secret(pod, name)
    window.context.add_cookies([{"name": cookie, "value": secret, "url": pod.url}])
