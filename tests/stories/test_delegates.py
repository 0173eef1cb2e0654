"""A member ranks delegates by the keyboard, without scripts, signs the list, and looks where the vote went."""

from __future__ import annotations

import re
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stories.place import Place
from tests.support.browsing import session_secret
from tests.support.chromium import Window
from tests.support.rig import eventually


@pytest.mark.slow
def test_dc_07_ax_03_ax_04_a_list_is_ranked_and_signed_by_keyboard_without_scripts(
    chromium: Browser, place: Place
) -> None:
    window = Window(chromium, place.hosts, java_script_enabled=False)
    try:
        secret, cookie = session_secret(place.alpha, "ada")
        window.context.add_cookies([{"name": cookie, "value": secret, "url": place.alpha.url}])
        page = window.page
        page.goto(f"{place.alpha.url}/g/{place.village}/delegation?poll={place.poll}")
        for who in ("2", "3"):
            page.get_by_label("Add a member, by number or nickname").focus()
            page.keyboard.type(who)
            page.keyboard.press("Enter")
        ranked = page.locator("ol.ranked li")
        expect(ranked).to_have_count(2)
        page.get_by_role("button", name=re.compile("^Move Donau")).focus()
        page.keyboard.press("Enter")
        expect(ranked.first).to_contain_text("no. 3")
        page.get_by_role("button", name="Sign the list").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Your list is signed.")).to_be_visible()
        expect(page.get_by_text("Signed as record")).to_be_visible()
        # A list holds from where it stands in the log, a moment after it was signed.
        eventually(partial(holds, page, f"{place.alpha.url}/g/{place.village}/polls/{place.poll}/my-vote"))
    finally:
        window.close()


def holds(page: Page, address: str) -> bool:
    """Whether the page about one's vote says by now that the list for this poll counts."""
    page.goto(address)
    return page.get_by_text("Your list for this poll alone holds here.").is_visible()
