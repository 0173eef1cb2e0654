"""Where a form comes from: a real browser's own pages are believed, whatever they keep secret; other sites aren't."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Route

from tests.support.browsing import Browser, session_secret
from tests.support.chromium import Window, launched
from tests.support.reading_room import ReadingRoom, a_reading_room
from tests.support.rig import ServedPod

pytestmark = pytest.mark.slow

ELSEWHERE = "https://elsewhere.example"


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    return a_reading_room(pod)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with launched() as browser:
        yield browser


def invitation(room: ReadingRoom) -> str:
    ada = room.browser("ada")
    page = ada.submit(ada.get(f"/g/{room.group}/invitations"), "/invitations", weight="1", uses="9", days="7")
    found = re.search(r"/invitation/[A-Za-z0-9_-]+", page.text)
    assert found, page.text
    return found[0]


def keep_addresses_secret(route: Route) -> None:
    """Answer as behind a proxy that adds `Referrer-Policy: no-referrer` to every page."""
    answer = route.fetch(max_redirects=0)
    route.fulfill(response=answer, headers={**answer.headers, "referrer-policy": "no-referrer"})


@pytest.mark.parametrize("proxied", [False, True], ids=["as served", "behind a proxy that adds no-referrer"])
def test_public_01_join_is_pressed_in_a_real_browser_on_an_invitation(
    room: ReadingRoom, chromium: Chromium, proxied: bool
) -> None:
    who = "dana" if proxied else "eve"
    if proxied:
        room.pod.sign_up("dana")
    window = Window(chromium, {room.pod.url})
    secret, cookie = session_secret(room.pod, who)
    window.context.add_cookies([{"name": cookie, "value": secret, "url": room.pod.url}])
    if proxied:
        window.page.route("**/invitation/*", keep_addresses_secret)
    window.page.goto(room.pod.url + invitation(room))
    window.page.click("form[action='/join'] button")
    window.page.wait_for_url(f"**/g/{room.group}?said=joining")
    # What came of it is read first.
    window.page.wait_for_function("document.activeElement.className === 'said'")
    window.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "own", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "own"}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "own", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": ELSEWHERE, "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Origin": ELSEWHERE}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
    ids=str,
)
def test_public_01_a_form_is_refused_where_another_site_or_nobody_is_named(
    room: ReadingRoom, headers: dict[str, str], status: int
) -> None:
    eve = Browser(room.pod).sign_in("eve")
    found = next(form for form in eve.get("/language").forms if form.action == "/language")
    sent = {name: room.pod.url if value == "own" else value for name, value in headers.items()}
    assert eve.post("/language", [*found.fields, ("language", "en")], **sent).status == status
