"""A form that makes something makes it once: pressed twice, sent again after the back button, or by two at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from playwright.sync_api import Browser as Chromium

from models.people.accounts import load_account_named
from models.people.sent_forms import claim_form
from pod.actions.accounts import sent_forms
from pod.deps import Deps
from pod.errors import BeingDoneError
from tests.support.browsing import Form, Seen, session_secret
from tests.support.chromium import Window, launched
from tests.support.reading_room import ReadingRoom, a_reading_room
from tests.support.rig import ServedPod, call

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    made = a_reading_room(pod)
    pod.run("user", "promote", "ada")
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with launched() as browser:
        yield browser


def form_of(page: Seen, end: str) -> Form:
    return [form for form in page.forms if form.action.endswith(end)][-1]


def typed(form: Form, **values: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.fields if name not in values] + list(values.items())


def paragraphs(room: ReadingRoom) -> list[str]:
    patches = room.ada.get(room.api(f"/posts/{room.post}"))["paragraphs"]
    return [paragraph["text"] for paragraph in patches]


def titles(room: ReadingRoom) -> list[str]:
    return [post["title"] for post in room.ada.get(room.api("/posts"))["posts"]]


def shown(path: str, words: str) -> Callable[[ReadingRoom], int]:
    return lambda room: room.browser("ada").get(path.format(group=room.group, post=room.post)).text.count(words)


POST = "/g/{group}/posts/{post}"
CASES: dict[str, tuple[str, str, dict[str, str], Callable[[ReadingRoom], int]]] = {
    "post": ("/g/{group}/write", "/write", {"title": "Twice", "text": "x"}, lambda room: titles(room).count("Twice")),
    "reply": (POST, "/reply", {"text": "Same answer."}, shown(POST, "Same answer.")),
    "paragraph": (
        f"{POST}/paragraphs/{{post}}/0/add",
        "/add",
        {"text": "Same words."},
        lambda room: paragraphs(room).count("Same words."),
    ),
    "edit": (
        f"{POST}/paragraphs/{{post}}/1/edit",
        "/edit",
        {"text": "New words."},
        lambda room: paragraphs(room).count("New words."),
    ),
    "invitation": ("/g/{group}/invitations", "/invitations", {"uses": "7"}, shown("/g/{group}/invitations", "of 7")),
    "token": ("/settings/tokens", "/settings/tokens", {"name": "My script"}, shown("/settings/tokens", ">My script<")),
    "pod invitation": ("/admin/invites", "/admin/invites", {"note": "For Zoe"}, shown("/admin/invites", "For Zoe")),
}


@pytest.mark.parametrize("what", CASES)
def test_public_11_a_form_that_is_sent_twice_makes_one(room: ReadingRoom, what: str) -> None:
    path, end, words, count = CASES[what]
    browser = room.browser("ada")
    form = form_of(browser.get(path.format(group=room.group, post=room.post)), end)
    fields = typed(form, **words)
    first, second = browser.post(form.action, fields), browser.post(form.action, fields)
    assert (first.status, second.status) == (200, 200)
    assert first.path.partition("form=")[0] == second.path.partition("form=")[0]
    assert count(room) == 1
    secret = re.findall(r"/invitation/[\w-]{20,}|>[\w-]{43}<", first.text)
    assert re.findall(r"/invitation/[\w-]{20,}|>[\w-]{43}<", second.text) == secret


def test_public_11_a_group_is_founded_once(room: ReadingRoom) -> None:
    browser = room.browser("ada")
    looked = browser.submit(browser.get("/groups/new"), "/groups/new", press="Look at it first", name="Twice founded")
    form = form_of(looked, "/groups/new")
    press = next((name, value) for name, value, _ in form.buttons if value == "found")
    first, second = (browser.post(form.action, [*form.fields, press]) for _ in range(2))
    assert first.path == second.path
    groups = call("GET", room.pod.url + "/api/v1/groups")["groups"]
    assert [group["name"] for group in groups].count("Twice founded") == 1


def test_n7_two_presses_at_a_time_make_one(room: ReadingRoom) -> None:
    browsers = [room.browser("bo")] * 6
    form = form_of(browsers[0].get(f"/g/{room.group}/write"), "/write")
    fields = typed(form, title="At a time", text="x")
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda browser: browser.post(form.action, fields), browsers))
    assert len({answer.path for answer in answers}) == 1
    assert titles(room).count("At a time") == 1


def test_n7_what_was_refused_or_only_previewed_can_be_sent_again(room: ReadingRoom) -> None:
    browser = room.browser("bo")
    form = form_of(browser.get(f"/g/{room.group}/write"), "/write")
    preview = [*typed(form, title="Looked at", text="x"), ("do", "preview")]
    assert [browser.post(form.action, preview).status for _ in range(2)] == [200, 200]
    assert [browser.post(form.action, typed(form, text="")).status for _ in range(2)] == [400, 400]
    browser.post(form.action, typed(form, title="Looked at", text="x"))
    assert titles(room).count("Looked at") == 1


def test_n7_other_words_from_the_same_page_are_another_post(room: ReadingRoom) -> None:
    browser = room.browser("bo")
    form = form_of(browser.get(f"/g/{room.group}/write"), "/write")
    paths = {browser.post(form.action, typed(form, title="Of two", text=text)).path for text in ("one", "two")}
    assert len(paths) == 2
    assert titles(room).count("Of two") == 2


def test_n7_a_form_whose_first_sending_was_cut_off_is_not_done_blindly(
    room: ReadingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_forms, "PAUSES_SECONDS", (0.0,))

    async def send_again(deps: Deps) -> None:
        async with deps.store.database.read() as session:
            bo = await load_account_named(session, "bo")
        assert bo is not None
        claim = partial(claim_form, sha256=b"cut off" * 4, account=bo.id, now=deps.clock(), expires_at=2**60)
        assert await deps.store.write(claim)

        async def do() -> None:
            raise AssertionError("It may have been done before.")

        with pytest.raises(BeingDoneError):
            await sent_forms.do_once(deps, bo, b"cut off" * 4, do)

    room.pod.act(send_again)


def test_n7_publish_back_publish_in_a_real_browser_makes_one(room: ReadingRoom, chromium: Chromium) -> None:
    window = Window(chromium, {room.pod.url})
    secret, cookie = session_secret(room.pod, "bo")
    window.context.add_cookies([{"name": cookie, "value": secret, "url": room.pod.url}])
    page = window.page
    page.goto(f"{room.pod.url}/g/{room.group}/write")
    page.fill("input[name=title]", "Back and again")
    page.fill("textarea[name=text]", "x")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/posts/*?said=written")
    post = page.url
    page.go_back()
    assert page.locator("textarea[name=text]").input_value() == "x"
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/posts/*?said=written")
    assert page.url == post
    assert titles(room).count("Back and again") == 1
    window.close()


def test_n7_join_pressed_twice_joins_once(room: ReadingRoom) -> None:
    room.pod.sign_up("fay")
    browser = room.browser("fay")
    form = form_of(browser.get(f"/g/{room.group}"), "/join")
    answers = [browser.post(form.action, form.fields) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert "joining" in answers[1].path
