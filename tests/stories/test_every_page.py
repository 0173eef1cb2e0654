"""Each page that a pod has, as people meet it: both languages, light and dark, from 320 px, signed in and not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from aiohttp import web
from playwright.sync_api import Browser, ViewportSize

from pod.app import make_routes
from pod.contracts import HTML, contract_of
from tests.stories.paths import PATHS
from tests.stories.place import Place
from tests.support.browsing import Browser as Reader
from tests.support.browsing import session_secret
from tests.support.chromium import Window, broken, too_small, too_wide, violations

# Words differ by language, contrasts by colours: two looks have both of each; strangers see the same parts in one.
LIGHT = {"locale": "en", "color_scheme": "light"}
DARK = {"locale": "sv", "color_scheme": "dark"}
NARROW: ViewportSize = {"width": 320, "height": 800}
WIDE: ViewportSize = {"width": 1280, "height": 900}


COSTLY = ("target-size",)  # a third of axe's time: what it looks at is measured in one look, and when narrow in each
FILES = {"/admin/audit.csv"}  # routes of pages that aren't pages
SIGN_IN = "/sign-in"
REFLECTED = "\"'><svg/onload=alert(1)>"
Open = Callable[..., Window]


@pytest.fixture
def window(chromium: Browser, place: Place) -> Iterator[Open]:
    opened: list[Window] = []

    def open_window(name: str = "", **wishes: Any) -> Window:
        made = Window(chromium, place.hosts, **wishes)
        if name:
            secret, cookie = session_secret(place.alpha, name)
            made.context.add_cookies([{"name": cookie, "value": secret, "url": place.alpha.url}])
        opened.append(made)
        return made

    yield open_window
    for made in opened:
        made.close()


def page_routes() -> set[str]:
    app = web.Application()
    make_routes(app)
    return {
        route.resource.canonical
        for route in app.router.routes()
        if route.resource is not None
        and route.method == "GET"
        and (stated := contract_of(route.handler)) is not None
        and stated.media_type == HTML
    }


def test_ax_01_every_page_is_looked_at() -> None:
    assert set(PATHS) == page_routes() - FILES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "look"),
    [
        pytest.param("ada", LIGHT, id="signed in-en-light"),
        pytest.param("ada", DARK, id="signed in-sv-dark"),
        pytest.param("", DARK, id="visitor-sv-dark"),
    ],
)
def test_ax_01_ax_02_ax_10_every_page_is_accessible_fits_and_asks_nobody_else(
    place: Place, window: Open, look: dict[str, Any], name: str
) -> None:
    shown = window(name, viewport=WIDE, **look)
    shown.expect_axe()
    faults: list[str] = []
    asked_in = False
    for route, paths in PATHS.items():
        for path in paths(place):
            answer = shown.page.goto(place.alpha.url + path)
            assert answer is not None
            faults += [f"{route}: status {answer.status}"] if answer.status >= 500 else []
            # A stranger comes to the page for signing in from half of the addresses: it is looked at once.
            if urlsplit(shown.page.url).path == SIGN_IN and route != SIGN_IN and asked_in:
                continue
            asked_in = asked_in or urlsplit(shown.page.url).path == SIGN_IN
            faults += [f"{route}: {fault}" for fault in faults_of(shown, () if look is LIGHT else COSTLY)]
    assert not faults, "\n".join(faults)
    assert shown.strangers == []
    assert [told for told in shown.complaints if "Failed to load resource" not in told] == []


def faults_of(shown: Window, but: Sequence[str]) -> list[str]:
    """What is wrong with the page that is open, wide and narrow, by all rules of axe but these."""
    found = violations(shown.page, but)
    shown.page.set_viewport_size(NARROW)
    found += [f"too wide at 320: {what}" for what in too_wide(shown.page)]
    found += [f"too small: {what}" for what in too_small(shown.page)]
    found += [f"broken: {what}" for what in broken(shown.page)]
    shown.page.set_viewport_size(WIDE)
    return found


# Those that are text may come together; each of the others is refused, so it comes alone.
SPOILED = (
    ("q", "said", "to", "back", "mode", "kind", "member"),
    ("lens",),
    ("target",),
    ("thread",),
    ("before", "after"),
)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", ["", "ada"], ids=["visitor", "signed in"])
def test_ax_10_nothing_of_an_address_comes_back_as_markup(place: Place, name: str) -> None:
    browser = Reader(place.alpha).sign_in(name) if name else Reader(place.alpha)
    faults = []
    for paths in PATHS.values():
        for path in paths(place):
            for fields in SPOILED:
                evil = f"{path}{'&' if '?' in path else '?'}{urlencode(dict.fromkeys(fields, REFLECTED))}"
                answer = browser.get(evil)
                if answer.status >= 500 or REFLECTED in answer.text or "<svg/onload" in answer.text:
                    faults.append(f"{answer.status} {evil}")
    assert faults == []
