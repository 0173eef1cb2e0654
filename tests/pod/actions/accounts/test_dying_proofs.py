"""A proof dies with what it proved; and no stranger uses up the tries of somebody else."""

from __future__ import annotations

from itertools import count

import pytest

from tests.support.browsing import Browser, Seen
from tests.support.post_office import PostOffice
from tests.support.rig import ServedPod

NUMBERS = count(1)


def somewhere(pod: ServedPod) -> Browser:
    return Browser(pod, address=f"198.51.100.{next(NUMBERS)}")


def ask(browser: Browser, who: str) -> Seen:
    return browser.submit(browser.get("/sign-in"), "/sign-in", who=who)


def signed_in(browser: Browser) -> bool:
    return browser.get("/settings").path == "/settings" and "Sign out" in browser.get("/settings").text


def test_public_05_what_a_former_address_proved_ends_with_it(pod: ServedPod, mails: PostOffice) -> None:
    thief, other, owner = somewhere(pod), somewhere(pod), Browser(pod).sign_in("ada")
    page = ask(thief, "ada")
    code = mails.code_to("ada@mail.example")
    other.submit(ask(other, "ada"), "/sign-in/code", code=mails.code_to("ada@mail.example"))
    assert signed_in(other)

    page_of_owner = owner.submit(owner.get("/settings/mail"), "/settings/mail", mail="new@mail.example")
    owner.submit(page_of_owner, "/settings/mail/code", code=mails.code_to("new@mail.example"))

    thief.submit(page, "/sign-in/code", code=code)
    assert not signed_in(thief)
    assert not signed_in(other)
    assert signed_in(owner)
    fresh = somewhere(pod)
    fresh.submit(ask(fresh, "new@mail.example"), "/sign-in/code", code=mails.code_to("new@mail.example"))
    assert signed_in(fresh)


def test_a4_strangers_dont_lock_a_sign_in_by_its_name(pod: ServedPod, mails: PostOffice) -> None:
    known = somewhere(pod)
    known.submit(ask(known, "root"), "/sign-in/code", code=mails.code_to("root@mail.example"))
    assert signed_in(known)
    known.submit(known.get("/settings"), "/sign-out")

    stranger = somewhere(pod)
    assert [ask(stranger, "root").status for _ in range(6)] == [200] * 5 + [429]
    assert ask(somewhere(pod), "root").status == 200  # at another address nothing is used up
    while ask(somewhere(pod), "root").status == 200:  # until all strangers together are slowed down
        mails.code_to("root@mail.example")
    assert ask(somewhere(pod), "root").status == 429
    assert ask(known, "root").status == 200  # and the owner's browser never


@pytest.mark.parametrize("handle", ["@ada@{host}", "ada@{host}", "ADA@{host}"])
def test_public_08_a_handle_names_an_account(pod: ServedPod, mails: PostOffice, handle: str) -> None:
    browser = somewhere(pod)
    page = ask(browser, handle.format(host=pod.url.removeprefix("http://")))
    browser.submit(page, "/sign-in/code", code=mails.code_to("new@mail.example"))
    assert signed_in(browser)
