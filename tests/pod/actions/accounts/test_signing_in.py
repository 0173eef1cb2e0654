"""Signing in by a mailed code: bound to the browser, once, ten minutes, five tries; and nothing tells who is here."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import count

import pytest

from tests.support.browsing import Browser, Seen
from tests.support.post_office import PostOffice
from tests.support.rig import ServedPod
from tests.support.shell import settle

SLOW_SECONDS = 0.6
MINUTE_MS = 60_000
NUMBERS = count(1)
PEOPLE = ("ada", "bo", "cy", "dee", "eve", "fay", "gus")


@pytest.fixture(scope="module")
def mails(pod: ServedPod) -> Iterator[PostOffice]:
    with PostOffice(slow_seconds=SLOW_SECONDS) as office:
        office.configure(pod)
        for name in PEOPLE:
            settle(pod, name)
        pod.start()
        yield office


@pytest.fixture
def browser(pod: ServedPod, mails: PostOffice) -> Browser:
    assert mails
    return Browser(pod, address=f"192.0.2.{next(NUMBERS)}")


def ask(browser: Browser, who: str, to: str = "") -> Seen:
    return browser.submit(browser.get(f"/sign-in{to}"), "/sign-in", who=who)


def wrong(code: str) -> str:
    return "11111111" if code != "1111 1111" else "22222222"


def session_cookies(browser: Browser) -> list[str]:
    return [str(cookie.value) for cookie in browser.cookies if cookie.name.startswith("session")]


@pytest.mark.parametrize("who", ["ada", "ADA", "ada@mail.example", " Ada@Mail.example "])
def test_ax_07_a_pasted_code_signs_in(browser: Browser, mails: PostOffice, who: str) -> None:
    page = ask(browser, who)
    answer = browser.submit(page, "/sign-in/code", code=f" {mails.code_to('ada@mail.example')} ")
    assert answer.status == 200
    assert "Welcome." in answer.text
    assert 'href="/@ada"' in answer.text


def test_ax_07_the_way_leads_back_to_where_one_came_from(browser: Browser, mails: PostOffice) -> None:
    page = ask(browser, "bo", "?to=/language%3Fback%3D/x")
    answer = browser.submit(page, "/sign-in/code", code=mails.code_to("bo@mail.example"))
    assert answer.path == "/language?back=/x&said=signed-in"


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_ax_10_the_way_never_leads_elsewhere(browser: Browser, mails: PostOffice, to: str) -> None:
    page = browser.get(f"/sign-in?to={to}")
    assert not any("evil" in value for form in page.forms for _, value in form.fields)
    fields = dict(next(form for form in page.forms if form.action == "/sign-in").fields)
    page = browser.post("/sign-in", list((fields | {"who": "cy", "to": to}).items()))
    assert page.path == "/sign-in/code"
    fields = dict(next(form for form in page.forms if form.action == "/sign-in/code").fields)
    sent = fields | {"code": mails.code_to("cy@mail.example"), "to": to}
    answer = browser.post("/sign-in/code", list(sent.items()))
    assert (answer.status, answer.path) == (200, "/?said=signed-in")


def test_ax_10_a_session_fixed_before_is_worthless_after(pod: ServedPod, browser: Browser, mails: PostOffice) -> None:
    browser.get("/sign-in")
    before = {cookie.name: str(cookie.value) for cookie in browser.cookies}
    page = ask(browser, "dee")
    browser.submit(page, "/sign-in/code", code=mails.code_to("dee@mail.example"))
    (secret,) = session_cookies(browser)
    assert secret not in before.values()
    assert not any(cookie.name.startswith("visit") for cookie in browser.cookies)
    thief = Browser(pod)
    port = pod.url.rpartition(":")[2]
    fixed = next(iter(before.values()))
    answer = thief.get("/", Cookie=f"session-{port}={fixed}; visit-{port}={fixed}")
    assert 'href="/sign-in"' in answer.text
    # a session that somebody planted isn't taken up either: it ends with a new secret
    planted = Browser(pod, address=browser.address).sign_in("eve")
    assert 'href="/@eve"' in planted.get("/").text


def test_ax_10_a_code_is_bound_to_the_browser_that_asked(pod: ServedPod, browser: Browser, mails: PostOffice) -> None:
    ask(browser, "eve")
    code = mails.code_to("eve@mail.example")
    thief = Browser(pod, address="192.0.2.99")
    page = thief.get("/sign-in/code")
    assert thief.submit(page, "/sign-in/code", code=code).status == 400
    page = ask(thief, "nobody-at-all")
    assert thief.submit(page, "/sign-in/code", code=code).status == 400
    assert session_cookies(thief) == []


def test_ax_10_a_code_works_once(pod: ServedPod, browser: Browser, mails: PostOffice) -> None:
    page = ask(browser, "eve")
    code = mails.code_to("eve@mail.example")
    visit = [cookie for cookie in browser.cookies if cookie.name.startswith("visit")]
    twin = Browser(pod, address=browser.address)
    for cookie in visit:
        twin.cookies.set_cookie(cookie)
    assert "Welcome." in browser.submit(page, "/sign-in/code", code=code).text
    again = twin.submit(page, "/sign-in/code", code=code)
    assert again.status == 400
    assert session_cookies(twin) == []


def test_ax_10_a_code_dies_after_ten_minutes(pod: ServedPod, browser: Browser, mails: PostOffice) -> None:
    page = ask(browser, "fay")
    code = mails.code_to("fay@mail.example")
    try:
        pod.set_clock(10 * MINUTE_MS + 1)
        assert browser.submit(page, "/sign-in/code", code=code).status == 400
    finally:
        pod.set_clock(0)


def test_ax_10_a_code_is_dead_after_five_tries(browser: Browser, mails: PostOffice) -> None:
    page = ask(browser, "fay")
    code = mails.code_to("fay@mail.example")
    for _ in range(5):
        page = browser.submit(page, "/sign-in/code", code=wrong(code))
        assert page.status == 400
    page = browser.submit(page, "/sign-in/code", code=code)
    assert page.status == 400
    assert "mistyped too often" in page.text
    assert session_cookies(browser) == []


def test_ax_10_nothing_tells_whether_an_account_is_here(pod: ServedPod, mails: PostOffice) -> None:
    """The same status, body and class of time for known and unknown names; the mail server is slow."""
    assert mails
    pages, times = [], []
    for who in ("gus", "nobody", "gus@mail.example", "nobody@mail.example"):
        browser = Browser(pod, address=f"192.0.2.{next(NUMBERS)}")
        page = browser.get("/sign-in")
        began = time.monotonic()
        asked = browser.submit(page, "/sign-in", who=who)
        times.append(time.monotonic() - began)
        tried = browser.submit(asked, "/sign-in/code", code="12345678")
        pages.append([(seen.status, seen.path, _anonymous(seen.text)) for seen in (asked, tried)])
    assert pages == [pages[0]] * 4
    assert max(times) < SLOW_SECONDS / 2


def _anonymous(text: str) -> str:
    return re.sub(r'(name="form_token" value=|number )"?[0-9a-f]+"?', r"\1", text)


def test_ax_10_sign_ins_are_limited_by_name_and_by_address(pod: ServedPod, browser: Browser) -> None:
    one = Browser(pod, address="198.51.100.1")
    # Whether they are here or not, and however it is written.
    assert [ask(one, who).status for who in ["somebody"] * 5 + ["Somebody "]] == [200] * 5 + [429]
    statuses = [ask(browser, f"n{n}").status for n in range(21)]
    assert statuses == [200] * 20 + [429]
    assert ask(Browser(pod, address="198.51.100.99"), "n1").status == 200


def test_ax_10_what_stands_before_the_proxys_word_counts_for_nothing(pod: ServedPod, mails: PostOffice) -> None:
    assert mails
    liar = Browser(pod)
    statuses = []
    for n in range(21):
        liar.address = f"203.0.113.{n}, 198.51.100.200"
        statuses.append(ask(liar, f"m{n}").status)
    assert statuses[-1] == 429


def test_ax_07_signing_out_ends_the_session(pod: ServedPod, browser: Browser, mails: PostOffice) -> None:
    page = ask(browser, "bo")
    home = browser.submit(page, "/sign-in/code", code=mails.code_to("bo@mail.example"))
    (secret,) = session_cookies(browser)
    token = dict(browser.get("/language").forms[0].fields)["form_token"]
    assert home.status == 200
    assert 'href="/sign-in"' in browser.post("/sign-out", [("form_token", token)]).text
    assert session_cookies(browser) == []
    port = pod.url.rpartition(":")[2]
    assert 'href="/sign-in"' in Browser(pod).get("/", Cookie=f"session-{port}={secret}").text


def test_op_29_an_operators_link_signs_in_once_and_looking_at_it_uses_nothing_up(
    pod: ServedPod, browser: Browser
) -> None:
    url = pod.run("user", "link", "ada").strip()
    path = url.removeprefix(pod.url)
    browser.get(path)
    page = browser.get(path)
    assert "Sign in as ada" in page.text
    assert 'href="/@ada"' in browser.submit(page, path).text
    assert browser.get(path).status == 410
    late = pod.run("user", "link", "ada").strip().removeprefix(pod.url)
    try:
        pod.set_clock(10 * MINUTE_MS + 1)
        assert Browser(pod).get(late).status == 410
    finally:
        pod.set_clock(0)
