"""Signing up in four ways, the set-up link, and the 24 words that are shown once."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count, pairwise

import pytest

from models.pod.settings import Settings, save_settings
from pod.actions.accounts.first_admin import make_setup_link
from pod.clock import Clock
from pod.deps import Deps
from tests.support.browsing import Browser, Seen
from tests.support.post_office import PostOffice
from tests.support.rig import ServedPod

HOUR_MS = 3_600_000
NUMBERS = count(1)


@pytest.fixture(scope="module")
def mails(pod: ServedPod) -> Iterator[PostOffice]:
    with PostOffice() as office:
        office.configure(pod)
        pod.start()
        yield office


@pytest.fixture
def fresh(pod: ServedPod, mails: PostOffice) -> Browser:
    """A browser at an address of its own."""
    assert mails
    return Browser(pod, address=f"192.0.2.{next(NUMBERS)}")


def choose(pod: ServedPod, **chosen: str) -> None:
    async def change(deps: Deps) -> None:
        settings = Settings(**chosen)  # type: ignore[arg-type]
        await deps.store.write(lambda session: save_settings(session, settings, now=Clock()()))

    pod.act(change)


def words_on(page: Seen) -> list[str]:
    (listed,) = re.findall(r'<ol class="words".*?</ol>', page.text, re.DOTALL)
    return re.findall(r"<li>([a-z]+)</li>", listed)


def query(pod: ServedPod, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(pod.folder / "pod.sqlite")) as database:
        return database.execute(sql).fetchall()


def sign_up(browser: Browser, mails: PostOffice, name: str, **typed: str) -> Seen:
    page = browser.get("/sign-up")
    page = browser.submit(page, "/sign-up", name=name, mail=f"{name}@mail.example", **typed)
    assert page.path == "/sign-up/code", page.text
    return browser.submit(page, "/sign-up/code", code=mails.code_to(f"{name}@mail.example"))


def test_op_02_the_link_makes_the_first_admin_and_shows_the_words(pod: ServedPod, fresh: Browser) -> None:
    path = f"/setup/{pod.act(make_setup_link)}"
    fresh.language = "sv"
    page = fresh.get(path)
    assert page.status == 200
    assert ("language", "sv") in page.forms[-1].fields
    answer = fresh.submit(
        page, path, pod="Nedre Brunn", name="root", mail="root@mail.example", registration="open", language="en"
    )
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(words_on(answer)) == 24
    assert '<html lang="sv">' in answer.text
    assert query(pod, "SELECT admin FROM accounts WHERE name = 'root'") == [(1,)]
    assert query(pod, "SELECT language FROM accounts WHERE name = 'root'") == [("sv",)]
    assert query(pod, "SELECT value FROM settings WHERE key = 'name'") == [('"Nedre Brunn"',)]
    assert query(pod, "SELECT who, act FROM audit") == [("root", "set-up")]
    # and it died by that
    again = Browser(pod).get(path)
    assert again.status == 410
    assert Browser(pod).post(path, []).status in (403, 410)


def test_op_02_the_link_dies_after_an_hour(pod: ServedPod, fresh: Browser) -> None:
    path = f"/setup/{pod.act(make_setup_link)}"
    page = fresh.get(path)
    try:
        pod.set_clock(HOUR_MS + 1000)
        assert fresh.get(path).status == 410
        answer = fresh.submit(page, path, pod="x", name="late", mail="late@mail.example")
        assert answer.status == 410
    finally:
        pod.set_clock(0)
    assert query(pod, "SELECT 1 FROM accounts WHERE name = 'late'") == []


def test_op_02_a_refused_set_up_keeps_the_link_and_what_was_typed(pod: ServedPod, fresh: Browser) -> None:
    pod.sign_up("taken")
    path = f"/setup/{pod.act(make_setup_link)}"
    answer = fresh.submit(fresh.get(path), path, pod="Övre Brunn", name="taken", mail="t@mail.example")
    assert answer.status == 409
    assert 'value="Övre Brunn"' in answer.text
    assert len(re.findall(r"The name \W?taken\W? is taken", answer.text)) == 2  # on top and at the field
    assert fresh.submit(answer, path, name="free").status == 200


def test_op_29_an_open_pod_opens_the_account_once_the_address_is_proved(
    pod: ServedPod, fresh: Browser, mails: PostOffice
) -> None:
    choose(pod, registration="open")
    page = fresh.submit(fresh.get("/sign-up"), "/sign-up", name="ada", mail="Ada@Mail.Example")
    assert query(pod, "SELECT 1 FROM accounts WHERE name = 'ada'") == []
    answer = fresh.submit(page, "/sign-up/code", code=mails.code_to("Ada@mail.example"))
    assert len(words_on(answer)) == 24
    assert "/@ada" in answer.text
    assert "ada@mail.example" in str(query(pod, "SELECT normal FROM mail_addresses"))


def test_op_29_the_words_are_nowhere_in_the_database(pod: ServedPod, fresh: Browser, mails: PostOffice) -> None:
    choose(pod, registration="open")
    words = words_on(sign_up(fresh, mails, "eve"))
    kept_anywhere = [*pod.folder.glob("pod.sqlite*"), pod.folder.with_suffix(".log")]
    whole = b"".join(path.read_bytes() for path in kept_anywhere)
    # One of them may stand in any text by chance, but not two that follow each other.
    pairs = [rf"\b{first}[^a-z]{{1,6}}{second}\b".encode() for first, second in pairwise(words)]
    assert [pair for pair in pairs if re.search(pair, whole)] == []
    ((places, kept),) = query(
        pod,
        "SELECT numbers, length(hashed) FROM words_checks w JOIN accounts a ON a.id = account_id WHERE name = 'eve'",
    )
    assert len(set(str(places).split(","))) == 3
    assert kept == 64


def test_op_29_three_of_the_words_are_asked_for_later(pod: ServedPod, fresh: Browser, mails: PostOffice) -> None:
    choose(pod, registration="open")
    words = words_on(sign_up(fresh, mails, "fay"))
    assert "Check that you have your 24 words" in fresh.get("/").text
    page = fresh.get("/settings/words")
    places = [int(number) for number in re.findall(r"Word number (\d+)", page.text)]
    asked = dict(zip(("first", "second", "third"), (words[place - 1] for place in places), strict=True))
    refused = fresh.submit(page, "/settings/words", **(asked | {"second": "zoo"}))
    assert refused.status == 400
    assert "At least one of the words" in refused.text
    assert not any(f'value="{word}"' in refused.text for word in words)
    assert "The words are right." in fresh.submit(page, "/settings/words", **asked).text
    assert "Check that you have your 24 words" not in fresh.get("/").text
    ((kept,),) = query(
        pod, "SELECT w.hashed FROM words_checks w JOIN accounts a ON a.id = account_id WHERE name = 'fay'"
    )
    assert kept == b""


def test_op_29_a_closed_pod_says_so_and_takes_nothing(pod: ServedPod, fresh: Browser) -> None:
    choose(pod, registration="open")
    page = fresh.get("/sign-up")
    choose(pod, registration="closed")
    shown = fresh.get("/sign-up")
    assert "opens no accounts now" in shown.text
    assert not any(form.action == "/sign-up" for form in shown.forms)
    assert fresh.submit(page, "/sign-up", name="zoe", mail="zoe@mail.example").status == 403


def test_op_29_a_wish_that_is_refused_keeps_what_was_typed(pod: ServedPod, fresh: Browser) -> None:
    choose(pod, registration="approval")
    answer = fresh.submit(fresh.get("/sign-up"), "/sign-up", name="No Name", mail="x@mail.example", reason="I <3 it")
    assert answer.status == 409
    assert 'value="no name"' in answer.text or 'value="No Name"' in answer.text
    assert "I &lt;3 it" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_ax_10_an_address_with_an_account_is_told_by_mail_alone(
    pod: ServedPod, fresh: Browser, mails: PostOffice
) -> None:
    choose(pod, registration="open")
    sign_up(fresh, mails, "bo")
    other = Browser(pod, address="192.0.2.200")
    known = other.submit(other.get("/sign-up"), "/sign-up", name="bo2", mail="BO@mail.example")
    unknown = other.submit(other.get("/sign-up"), "/sign-up", name="bo3", mail="nn@mail.example")
    assert (known.status, known.path) == (unknown.status, unknown.path) == (200, "/sign-up/code")
    assert known.text.replace("BO@", "nn@") == unknown.text
    assert "Its name is bo;" in mails.mail_to("BO@mail.example")
    assert mails.code_to("nn@mail.example")


def test_ax_10_a_sign_up_code_is_dead_after_five_tries(pod: ServedPod, fresh: Browser, mails: PostOffice) -> None:
    choose(pod, registration="open")
    page = fresh.submit(fresh.get("/sign-up"), "/sign-up", name="five", mail="five@mail.example")
    code = mails.code_to("five@mail.example")
    wrong = "0000 0000" if code != "0000 0000" else "0000 0001"
    for _ in range(5):
        page = fresh.submit(page, "/sign-up/code", code=wrong)
        assert page.status == 400
        assert "This isn&#39;t the code." in page.text
    page = fresh.submit(page, "/sign-up/code", code=code)
    assert page.status == 400
    assert "mistyped too often" in page.text
    assert query(pod, "SELECT 1 FROM accounts WHERE name = 'five'") == []


def test_ax_10_signing_up_is_limited_by_address(pod: ServedPod, mails: PostOffice) -> None:
    assert mails
    choose(pod, registration="open")
    crowd = Browser(pod, address="203.0.113.7")
    page = crowd.get("/sign-up")
    statuses = [crowd.submit(page, "/sign-up", name="-", mail="x@mail.example").status for _ in range(11)]
    assert statuses[:10] == [409] * 10
    answer = crowd.submit(page, "/sign-up", name="-", mail="x@mail.example")
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert re.search(r"Too many tries in a short time. Wait \d+ seconds.", answer.text)
    elsewhere = Browser(pod, address="203.0.113.8")
    assert elsewhere.submit(elsewhere.get("/sign-up"), "/sign-up", name="-", mail="x@mail.example").status == 409
    try:
        pod.set_clock(HOUR_MS)
        assert crowd.submit(page, "/sign-up", name="-", mail="x@mail.example").status == 409
    finally:
        pod.set_clock(0)
