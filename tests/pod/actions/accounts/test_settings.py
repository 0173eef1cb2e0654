"""What people set themselves: where mail goes, which browsers are in, second factors, passkeys, tokens, the words."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import count, pairwise

import pyotp
import pytest

from pod.clock import Clock
from tests.support.browsing import Browser, Seen
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod
from tests.support.shell import settle
from tests.support.soft_passkey import SoftPasskey

MINUTE_MS = 60_000
QUARTER_MS = 15 * MINUTE_MS
NAMES = (f"person{n}" for n in count(1))


@pytest.fixture(scope="module")
def mails(pod: ServedPod) -> Iterator[PostOffice]:
    with PostOffice() as office:
        office.configure(pod)
        pod.start()
        yield office


@pytest.fixture(autouse=True)
def clock(pod: ServedPod) -> Iterator[None]:
    yield
    pod.set_clock(0)


@pytest.fixture
def person(pod: ServedPod, mails: PostOffice) -> Person:
    """Somebody new, with an address."""
    assert mails
    return settle(pod, next(NAMES))


@pytest.fixture
def browser(pod: ServedPod, person: Person) -> Browser:
    return Browser(pod, address="192.0.2.7").sign_in(person.account["name"])


def options_on(page: Seen) -> str:
    (found,) = re.findall(r'data-options="([^"]*)"', page.text)
    return html.unescape(found)


def turn_on(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    page = browser.get("/settings/authenticator")
    page = browser.submit(page, "/settings/authenticator")
    assert "<svg" in page.text
    assert "style=" not in page.text
    (secret,) = re.findall(r'class="secret">([A-Z2-7 ]+)<', page.text)
    app = pyotp.TOTP(secret.replace(" ", ""))
    codes = browser.submit(page, "/confirm", code=app.at(Clock()() // 1000))
    assert codes.headers["Cache-Control"] == "no-store"
    return app, re.findall(r"<li>([a-z2-7-]{19})</li>", codes.text)


def sign_in(pod: ServedPod, mails: PostOffice, name: str) -> tuple[Browser, Seen]:
    """As far as the mailed code leads."""
    browser = Browser(pod, address="192.0.2.8")
    page = browser.submit(browser.get("/sign-in"), "/sign-in", who=name)
    return browser, browser.submit(page, "/sign-in/code", code=mails.code_to(f"{name}@mail.example"))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


# --- mail


def test_ax_07_a_new_address_counts_once_its_code_came_back(
    pod: ServedPod, browser: Browser, person: Person, mails: PostOffice
) -> None:
    name = person.account["name"]
    page = browser.submit(browser.get("/settings/mail"), "/settings/mail", mail=f"new-{name}@mail.example")
    assert f"{name}@mail.example" in page.text
    code = mails.code_to(f"new-{name}@mail.example")
    page = browser.submit(page, "/settings/mail/code", code="1")
    assert page.status == 400
    page = browser.submit(page, "/settings/mail/code", code=code)
    assert "Saved." in page.text
    assert "goes to another address" in mails.mail_to(f"{name}@mail.example")
    other = settle(pod, next(NAMES)).account["name"]
    thief = Browser(pod).sign_in(other)
    page = thief.submit(thief.get("/settings/mail"), "/settings/mail", mail=f"new-{name}@mail.example")
    page = thief.submit(page, "/settings/mail/code", code=mails.code_to(f"new-{name}@mail.example"))
    assert page.status == 409
    assert "Another account here has this mail address." in page.text


def test_ax_10_a_mail_address_is_checked_and_what_was_typed_is_kept(browser: Browser) -> None:
    page = browser.submit(browser.get("/settings/mail"), "/settings/mail", mail="no address")
    assert page.status == 400
    assert 'value="no address"' in page.text
    assert page.text.count("This isn&#39;t a mail address") == 2


# --- sessions


def test_ax_07_other_browsers_are_seen_and_ended(pod: ServedPod, browser: Browser, person: Person) -> None:
    name = person.account["name"]
    others = [Browser(pod).sign_in(name) for _ in range(2)]
    page = browser.get("/settings/sessions")
    assert page.text.count("<li>\n<div><strong>") == 3
    assert page.text.count("this one") == 1
    page = browser.submit(page, "/sessions/end")
    assert page.text.count("<li>\n<div><strong>") == 2
    browser.submit(page, "/end-others")
    assert all('href="/sign-in"' in other.get("/").text for other in others)
    assert f'href="/@{name}"' in browser.get("/").text


def test_ax_10_nobody_ends_somebody_elses_session(pod: ServedPod, browser: Browser) -> None:
    victim = settle(pod, next(NAMES)).account["name"]
    theirs = Browser(pod).sign_in(victim)
    Browser(pod).sign_in(victim)
    page = theirs.get("/settings/sessions")
    (other,) = re.findall(r'name="session" value="([0-9a-f]{64})"', page.text)
    token = dict(browser.get("/language").forms[0].fields)["form_token"]
    browser.post("/settings/sessions/end", [("form_token", token), ("session", other)])
    assert theirs.get("/settings/sessions").text.count("<li>\n<div><strong>") == 2


# --- a fresh proof


@pytest.mark.parametrize("path", ["mail", "passkeys", "authenticator", "tokens"])
def test_ax_10_what_is_sensitive_needs_a_fresh_proof(
    pod: ServedPod, browser: Browser, person: Person, mails: PostOffice, path: str
) -> None:
    assert browser.get(f"/settings/{path}").path == f"/settings/{path}"
    pod.set_clock(QUARTER_MS + 1000)
    page = browser.get(f"/settings/{path}")
    assert page.path == f"/settings/confirm?to=/settings/{path}"
    page = browser.submit(page, "/confirm/mail")
    code = mails.code_to(f"{person.account['name']}@mail.example")
    page = browser.submit(page, "/settings/confirm", code="00000000" if code != "0000 0000" else "1")
    assert page.status == 400
    page = browser.submit(page, "/settings/confirm", code=code)
    assert page.path == f"/settings/{path}"


STALE = {
    "/settings/mail": {"mail": "thief@mail.example"},
    "/settings/mail/code": {"code": "1"},
    "/settings/passkeys": {"credential": "{}"},
    "/settings/passkeys/remove": {"passkey": "00"},
    "/settings/authenticator": {},
    "/settings/authenticator/confirm": {"code": "1"},
    "/settings/authenticator/off": {},
    "/settings/recovery-codes": {},
    "/settings/tokens": {"name": "thief"},
}


@pytest.mark.parametrize("path", STALE)
def test_ax_10_a_form_that_is_sensitive_does_nothing_in_an_old_session(
    pod: ServedPod, browser: Browser, path: str
) -> None:
    token = dict(browser.get("/language").forms[0].fields)["form_token"]
    pod.set_clock(QUARTER_MS + 1000)
    answer = browser.post(path, [("form_token", token), *STALE[path].items()])
    assert answer.path == "/settings/confirm?to=/settings"


def test_ax_10_where_there_is_an_app_the_mailed_code_is_no_proof(
    pod: ServedPod, browser: Browser, person: Person, mails: PostOffice
) -> None:
    app, _ = turn_on(browser)
    pod.set_clock(QUARTER_MS + 1000)
    page = browser.get("/settings/tokens")
    assert not any(form.action.endswith("/mail") for form in page.forms)
    token = dict(browser.get("/language").forms[0].fields)["form_token"]
    browser.post("/settings/confirm/mail", [("form_token", token)])
    mailed = mails.code_to(f"{person.account['name']}@mail.example")
    assert browser.submit(page, "/settings/confirm", code=mailed).status == 400
    code = app.at((Clock()() + QUARTER_MS + 1000) // 1000)
    assert browser.submit(page, "/settings/confirm", code=code).path == "/settings/tokens"


# --- the authenticator app


def test_ax_07_with_an_app_the_mailed_code_is_not_enough(
    pod: ServedPod, browser: Browser, person: Person, mails: PostOffice
) -> None:
    app, codes = turn_on(browser)
    assert len(set(codes)) == 10
    pod.set_clock(2 * MINUTE_MS)
    new, page = sign_in(pod, mails, person.account["name"])
    assert page.path == "/sign-in/second"
    assert 'href="/sign-in"' in new.get("/").text
    code = app.at((Clock()() + 2 * MINUTE_MS) // 1000)
    page = new.submit(page, "/sign-in/second", code=wrong(code))
    assert page.status == 400
    page = new.submit(page, "/sign-in/second", code=code)
    assert "Welcome." in page.text


def test_ax_10_a_code_of_the_app_opens_once(
    pod: ServedPod, browser: Browser, person: Person, mails: PostOffice
) -> None:
    app, _ = turn_on(browser)
    used = app.at(Clock()() // 1000)
    _, page = sign_in(pod, mails, person.account["name"])
    thief, page = sign_in(pod, mails, person.account["name"])
    # the one by which it was turned on
    assert thief.submit(page, "/sign-in/second", code=used).status == 400
    pod.set_clock(2 * MINUTE_MS)
    code = app.at((Clock()() + 2 * MINUTE_MS) // 1000)
    first, page = sign_in(pod, mails, person.account["name"])
    second, other = sign_in(pod, mails, person.account["name"])
    assert "Welcome." in first.submit(page, "/sign-in/second", code=code).text
    assert second.submit(other, "/sign-in/second", code=code).status == 400
    # nor does the step before it, now
    before = app.at((Clock()() + 2 * MINUTE_MS) // 1000 - 30)
    assert second.submit(other, "/sign-in/second", code=before).status == 400


def test_ax_07_a_recovery_code_stands_in_once(
    pod: ServedPod, browser: Browser, person: Person, mails: PostOffice
) -> None:
    _, codes = turn_on(browser)
    new, page = sign_in(pod, mails, person.account["name"])
    assert "Welcome." in new.submit(page, "/sign-in/second", code=codes[3].upper().replace("-", " ")).text
    again, page = sign_in(pod, mails, person.account["name"])
    assert again.submit(page, "/sign-in/second", code=codes[3]).status == 400
    assert "Recovery codes left: 9" in browser.get("/settings/authenticator").text
    page = browser.submit(browser.get("/settings/authenticator"), "/recovery-codes")
    fresh = re.findall(r"<li>([a-z2-7-]{19})</li>", page.text)
    assert not set(fresh) & set(codes)
    again, page = sign_in(pod, mails, person.account["name"])
    assert again.submit(page, "/sign-in/second", code=codes[4]).status == 400
    assert "Welcome." in again.submit(page, "/sign-in/second", code=fresh[0]).text


def test_ax_10_the_second_step_is_nothing_without_the_first(pod: ServedPod, browser: Browser) -> None:
    app, _ = turn_on(browser)
    stranger = Browser(pod)
    page = stranger.get("/sign-in/second")
    assert stranger.submit(page, "/sign-in/second", code=app.at(Clock()() // 1000 + 30)).status == 400
    assert 'href="/sign-in"' in stranger.get("/").text


def test_ax_10_guesses_at_the_second_step_are_limited_for_the_account(
    pod: ServedPod, browser: Browser, person: Person, mails: PostOffice
) -> None:
    app, _ = turn_on(browser)
    pod.set_clock(50 * MINUTE_MS)
    new, page = sign_in(pod, mails, person.account["name"])
    code = wrong(app.at((Clock()() + 50 * MINUTE_MS) // 1000 + 300))
    statuses = [new.submit(page, "/sign-in/second", code=code).status for _ in range(11)]
    assert statuses[:9] == [400] * 9
    assert statuses[-1] == 429


def test_ax_07_a_lost_app_is_reset_by_an_operator(
    pod: ServedPod, browser: Browser, person: Person, mails: PostOffice
) -> None:
    turn_on(browser)
    pod.run("user", "reset-2fa", person.account["name"])
    assert 'href="/sign-in"' in browser.get("/").text
    _, page = sign_in(pod, mails, person.account["name"])
    assert "Welcome." in page.text


# --- passkeys


def with_passkey(pod: ServedPod, browser: Browser) -> SoftPasskey:
    key = SoftPasskey(pod.url)
    page = browser.get("/settings/passkeys")
    page = browser.submit(page, "/settings/passkeys", name="my key", credential=key.make(options_on(page)))
    assert "my key" in page.text
    return key


def test_ax_07_a_passkey_signs_in_without_name_and_mail(pod: ServedPod, browser: Browser, person: Person) -> None:
    key = with_passkey(pod, browser)
    turn_on(browser)  # and asks for no second step
    new = Browser(pod)
    page = new.get("/sign-in?to=/language")
    answer = new.submit(page, "/sign-in/passkey", credential=key.show(options_on(page)))
    assert answer.path == "/language?said=signed-in"
    assert f'href="/@{person.account["name"]}"' in answer.text


def test_ax_10_a_passkeys_answer_is_taken_once_and_in_its_own_browser(pod: ServedPod, browser: Browser) -> None:
    key = with_passkey(pod, browser)
    key.counts = False  # else the counter alone would refuse what comes again
    new, thief = Browser(pod), Browser(pod)
    page, theirs = new.get("/sign-in"), thief.get("/sign-in")
    answered = key.show(options_on(page))
    assert thief.submit(theirs, "/sign-in/passkey", credential=answered).status == 400
    twin = Browser(pod)
    for cookie in new.cookies:
        twin.cookies.set_cookie(cookie)
    assert "Welcome." in new.submit(page, "/sign-in/passkey", credential=answered).text
    assert twin.submit(page, "/sign-in/passkey", credential=answered).status == 400


@pytest.mark.parametrize("fault", ["origin", "unchecked", "counter", "stranger", "old", "nonsense", "other's answer"])
def test_ax_10_a_passkeys_answer_that_does_not_hold_is_refused(pod: ServedPod, browser: Browser, fault: str) -> None:
    key = with_passkey(pod, browser)
    new = Browser(pod)
    page = new.get("/sign-in")
    match fault:
        case "origin":
            key.origin = "https://evil.example"
        case "unchecked":
            key.checked = False
        case "counter":
            key.uses = 5
            assert "Welcome." in new.submit(page, "/sign-in/passkey", credential=key.show(options_on(page))).text
            key.uses = 3
            new = Browser(pod)
            page = new.get("/sign-in")
        case "stranger":
            key.id = b"\0" * 16
        case "old":
            pod.set_clock(11 * MINUTE_MS)
        case "other's answer":
            mine, key = key.id, SoftPasskey(pod.url)
            key.id = mine
    answered = "[[[" if fault == "nonsense" else key.show(options_on(page))
    refused = new.submit(page, "/sign-in/passkey", credential=answered)
    assert refused.status == 400
    assert "Try once more" in refused.text
    assert 'href="/sign-in"' in new.get("/").text


def test_ax_10_a_passkey_of_another_pods_page_is_not_kept(pod: ServedPod, browser: Browser) -> None:
    page = browser.get("/settings/passkeys")
    key = SoftPasskey("https://evil.example")
    refused = browser.submit(page, "/settings/passkeys", name="n", credential=key.make(options_on(page)))
    assert refused.status == 400
    assert 'value="n"' in refused.text
    unchecked = SoftPasskey(pod.url, checked=False)
    assert browser.submit(page, "/settings/passkeys", credential=unchecked.make(options_on(page))).status == 400


def test_ax_07_a_removed_passkey_opens_nothing(pod: ServedPod, browser: Browser) -> None:
    key = with_passkey(pod, browser)
    browser.submit(browser.get("/settings/passkeys"), "/remove")
    new = Browser(pod)
    page = new.get("/sign-in")
    assert new.submit(page, "/sign-in/passkey", credential=key.show(options_on(page))).status == 400


# --- tokens and words


def test_api_tokens_are_shown_once_and_revoked(pod: ServedPod, browser: Browser) -> None:
    page = browser.submit(browser.get("/settings/tokens"), "/settings/tokens", name="my script")
    (token,) = re.findall(r'class="secret">([^<]+)<', page.text)
    assert token not in browser.get("/settings/tokens").text
    mine = Person(pod, {"token": token})
    assert mine.get("/api/v1/me")["name"].startswith("person")
    page = browser.submit(page, "/settings/tokens", name="my script")
    assert page.status == 409
    fields = [form for form in page.forms if form.action.endswith("/revoke") and ("name", "my script") in form.fields]
    browser.post("/settings/tokens/revoke", fields[0].fields)
    with pytest.raises(AssertionError, match="401"):
        mine.get("/api/v1/me")


def test_op_29_the_words_are_asked_for_until_they_were_shown(pod: ServedPod, browser: Browser, person: Person) -> None:
    assert "Do you still have the 24 words?" in browser.get("/settings").text
    page = browser.get("/settings/words")
    words = str(person.account["phrase"]).split()
    page = browser.submit(page, "/words/all", phrase=" ".join([*words[1:], words[0]]))
    assert page.status == 400
    # One word alone, like "one", may stand in the page's own sentences.
    assert not any(f"{one} {other}" in page.text for one, other in pairwise(words))
    other = settle(pod, next(NAMES)).account["phrase"]
    assert browser.submit(page, "/words/all", phrase=other).status == 400
    page = browser.submit(page, "/words/all", phrase=" ".join(words).upper())
    assert "The words are right." in page.text
    assert "Do you still have the 24 words?" not in browser.get("/settings").text
