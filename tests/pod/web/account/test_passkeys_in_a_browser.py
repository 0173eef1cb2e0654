"""Passkeys as people meet them: chromium with a virtual authenticator makes one, and signs in by it at one press."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.support.browsing import session_secret
from tests.support.chromium import FLAGS, executable
from tests.support.rig import PORT, ServedPod, worker_number
from tests.support.shell import settle

NUMBER = 15
NAME = f"http://localhost:{PORT}"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPod]:
    """A pod that calls itself localhost: passkeys belong to names, not to numbers."""
    made = ServedPod(tmp_path_factory.mktemp("local") / "pod", worker_number(), NUMBER)
    made.create()
    config = made.folder / "pod.toml"
    config.write_text(config.read_text().replace(f'base_url = "{made.url}"', f'base_url = "{NAME}"'))
    settle(made, "ada")
    made.start()
    try:
        yield made
    finally:
        made.kill()


@pytest.fixture
def page(local: ServedPod) -> Iterator[Page]:
    path: Path | str = executable()
    rule = f"--host-resolver-rules=MAP localhost {local.host}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, rule])
        opened = browser.new_page(locale="en")
        device = opened.context.new_cdp_session(opened)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        yield opened
        browser.close()


def test_ax_07_a_passkey_is_made_and_signs_in_by_one_press(local: ServedPod, page: Page) -> None:
    secret, cookie = session_secret(local, "ada")
    page.context.add_cookies([{"name": cookie, "value": secret, "url": NAME}])
    page.goto(f"{NAME}/settings/passkeys")
    page.get_by_label("What you call it").fill("the laptop")
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_text("the laptop").wait_for()
    page.context.clear_cookies()
    page.goto(f"{NAME}/sign-in?to=/settings/keys")
    page.get_by_role("button", name="Sign in by a passkey").click()
    page.get_by_role("heading", name="Your keys on this pod").wait_for()
    page.goto(f"{NAME}/settings/confirm?to=/settings/tokens")
    page.get_by_role("button", name="Prove it by a passkey").click()
    page.get_by_role("heading", name="API tokens").wait_for()


def test_ax_07_who_has_none_is_told_and_signs_in_by_mail(local: ServedPod, page: Page) -> None:
    assert local
    page.goto(f"{NAME}/sign-in")
    page.get_by_role("button", name="Sign in by a passkey").click()
    page.get_by_text("No passkey answered.").wait_for(timeout=15_000)


def test_ax_03_without_scripts_the_page_shows_no_button_that_does_nothing(local: ServedPod) -> None:
    with sync_playwright() as playwright:
        rule = f"--host-resolver-rules=MAP localhost {local.host}"
        browser = playwright.chromium.launch(executable_path=executable(), args=[*FLAGS, rule])
        page = browser.new_context(java_script_enabled=False, locale="en").new_page()
        page.goto(f"{NAME}/sign-in")
        assert page.get_by_role("button", name="Sign in by a passkey").count() == 0
        assert page.get_by_role("button", name="Mail me a code").is_visible()
        browser.close()
