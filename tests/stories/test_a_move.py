"""Somebody finds the way to another pod signed out, agrees at the old one, comes back, and ends what they allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from pod.actions.fediverse.actors import POD, actor_keys
from pod.actions.groups.founding import sign_up
from tests.support.browsing import session_secret
from tests.support.chromium import Window, too_small, too_wide, violations
from tests.support.rig import ServedPod, worker_number

NARROW, WIDE = 320, 1280
LOOKS = [
    pytest.param(({"locale": "en", "color_scheme": "light"}, True), id="en-light-scripts"),
    pytest.param(({"locale": "sv", "color_scheme": "dark"}, False), id="sv-dark-plain"),
]
MOVE_HERE = {"en": "Move here", "sv": "Flytta hit"}


class Pods(NamedTuple):
    """The pod at which ada is at home, and the one to which she moves."""

    old: ServedPod
    new: ServedPod

    @property
    def hosts(self) -> tuple[str, str]:
        return self.old.url.partition("://")[2], self.new.url.partition("://")[2]


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pods]:
    folder, worker = tmp_path_factory.mktemp("move"), worker_number()
    made = Pods(*(ServedPod(folder / f"pod{number}", worker, number) for number in (33, 34)))
    try:
        for pod in made:
            pod.create()
        made.old.act(lambda deps: sign_up(deps, "ada"))
        for pod in made:
            pod.act(lambda deps: actor_keys(deps, POD))
            pod.start()
        yield made
    finally:
        for pod in made:
            pod.kill()


def looked_at(page: Page, name: str, *, axe: bool) -> None:
    """The page named so is accessible, fits a narrow window and a wide one, and has buttons that fingers hit."""
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 800})
        assert too_wide(page) == [], name
        assert too_small(page) == [], name
    assert page.locator("h1").count() == 1, name
    assert not axe or violations(page) == [], name


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
def test_mg_01_signed_out_one_finds_the_way_and_is_led_through_the_old_pods_consent(
    chromium: Browser, pods: Pods, look: tuple[dict[str, str], bool]
) -> None:
    wishes, scripts = look
    (old_host, new_host), here = pods.hosts, MOVE_HERE[wishes["locale"]]
    window = Window(chromium, {pod.url for pod in pods}, java_script_enabled=scripts, **wishes)
    secret, cookie = session_secret(pods.old, "ada")
    window.context.add_cookies([{"name": cookie, "value": secret, "url": pods.old.url}])
    page = window.page
    for entry in ("/", "/sign-up"):
        page.goto(f"{pods.new.url}{entry}")
        page.get_by_role("link", name=here).click()
        assert page.url == f"{pods.new.url}/move"
    looked_at(page, "move", axe=scripts)
    page.fill("[name=account]", f"@nobody@{old_host}")
    page.click("main form button")
    assert page.locator(".problem").count() == 1
    assert page.input_value("[name=account]") == f"@nobody@{old_host}"
    page.fill("[name=account]", f"@ada@{old_host}")
    page.click("main form button")
    looked_at(page, "found", axe=scripts)
    page.click("main form button")
    looked_at(page, "asked", axe=scripts)
    page.click("main a.main")
    assert page.url.startswith(f"{pods.old.url}/move/consent/")
    looked_at(page, "consent", axe=scripts)
    page.uncheck("[name=classes][value=follows]")
    page.fill("[name=host]", "other.example")
    page.click("main form button.main")
    looked_at(page, "mistyped", axe=scripts)
    assert not page.is_checked("[name=classes][value=follows]")
    page.fill("[name=host]", new_host)
    page.click("main form button.main")
    page.wait_for_url(f"{pods.new.url}/move/journey*")
    assert old_host in page.inner_text("main")
    # Until the old pod has told what there is, the page asks for itself anew.
    page.wait_for_selector("form[action='/move/start']")
    looked_at(page, "granted", axe=scripts)
    page.goto(f"{pods.old.url}/settings/grants")
    looked_at(page, "grants", axe=scripts)
    page.click("main form button.danger")
    assert new_host not in page.inner_text("main")
    looked_at(page, "no grants", axe=scripts)
    assert window.strangers == []
    assert [said for said in window.complaints if "status of 40" not in said] == []  # what was mistyped
    window.close()
