"""An invitation's link survives signing up, in each way in which a pod lets people in, and signing in."""

from __future__ import annotations

import re
from itertools import count

import pytest

from tests.support.browsing import Browser, Seen
from tests.support.post_office import PostOffice
from tests.support.rig import ServedPod, eventually

NUMBERS = count(1)


@pytest.fixture
def fresh(pod: ServedPod, mails: PostOffice) -> Browser:
    assert mails
    return Browser(pod, address=f"192.0.2.{next(NUMBERS)}")


@pytest.fixture(scope="module")
def invitation(pod: ServedPod, mails: PostOffice) -> str:
    """The path of an invitation into a private group of ada's."""
    assert mails
    ada = Browser(pod).sign_in("ada")
    looked = ada.submit(
        ada.get("/groups/new"), "/groups/new", press="Look at it first", name="Cellar", visibility="private"
    )
    group = ada.press(looked, "Found it").path.partition("?")[0]
    page = ada.submit(ada.get(f"{group}/invitations"), "/invitations", uses="9")
    found = re.search(r"/invitation/[\w-]+", page.text)
    assert found
    return found[0]


def link(page: Seen, text: str) -> str:
    """Where the link of this text in the page's own part leads."""
    main = page.text.partition("<main")[2]
    hrefs: list[str] = [
        href for href, words in re.findall(r'<a[^>]*href="([^"]*)"[^>]*>([^<]*)</a>', main) if words == text
    ]
    return hrefs[0]


def typed(browser: Browser, mails: PostOffice, path: str, name: str, **more: str) -> Seen:
    page = browser.submit(browser.get(path), "/sign-up", name=name, mail=f"{name}@mail.example", **more)
    return browser.submit(page, "/sign-up/code", code=mails.code_to(f"{name}@mail.example"))


def choose(admin: Browser, registration: str) -> None:
    admin.submit(admin.get("/admin/settings"), "/admin/settings", registration=registration)


def joins(browser: Browser, words: Seen, invitation: str) -> None:
    onward = link(words, "I have written them down")
    assert onward == invitation
    page = browser.press(browser.get(onward), "Join")
    assert (page.status, page.path.endswith("said=joining")) == (200, True)
    (group,) = re.findall(r'href="(/g/\w+)"><bdi>Cellar', browser.get("/groups").text)
    eventually(lambda: "Write" in browser.get(group).text)
    assert "onward" not in "".join(cookie.name for cookie in browser.cookies)


def test_n3_an_invitation_survives_signing_up_where_everybody_may(
    admin: Browser, fresh: Browser, mails: PostOffice, invitation: str
) -> None:
    choose(admin, "open")
    way = link(fresh.get(invitation), "Sign up")
    joins(fresh, typed(fresh, mails, way, "dora"), invitation)


def test_n3_an_invitation_survives_the_detour_by_signing_in_and_a_second_try(
    admin: Browser, fresh: Browser, mails: PostOffice, invitation: str
) -> None:
    choose(admin, "open")
    sign_in = fresh.get(link(fresh.get(invitation), "Sign in and join"))
    page = fresh.get(link(sign_in, "Sign up"))
    page = fresh.submit(page, "/sign-up", name="egon", mail="wrong@mail.example")
    again = link(page, "Begin once more, for example with another address")
    joins(fresh, typed(fresh, mails, again, "egon"), invitation)


def test_n3_an_invitation_survives_the_days_until_an_admin_says_yes(
    admin: Browser, fresh: Browser, mails: PostOffice, invitation: str
) -> None:
    choose(admin, "approval")
    way = link(fresh.get(invitation), "Sign up")
    assert typed(fresh, mails, way, "frida", reason="The well.").path == "/sign-up/waiting"
    admin.submit(admin.get("/admin/sign-ups"), "/sign-ups/accept", text="welcome")
    found = re.search(r"/sign-up/open/[\w-]+", mails.mail_to("frida@mail.example"))
    assert found
    words = fresh.submit(fresh.get(found[0]), found[0], name="frida")
    joins(fresh, words, invitation)


def test_n3_whoever_signs_up_goes_nowhere_else(admin: Browser, fresh: Browser, mails: PostOffice) -> None:
    choose(admin, "open")
    words = typed(fresh, mails, "/sign-up?to=https://evil.example/", "gerd")
    assert link(words, "I have written them down") == "/"
