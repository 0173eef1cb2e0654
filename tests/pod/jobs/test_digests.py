"""The daily mail about decisions: whom it tells what, once, after an outage too; and how it is stopped."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from functools import partial
from itertools import count
from typing import Any

import pytest

from models.engine.databases import Database
from models.people.accounts import insert_account, load_account_named
from models.people.digests import (
    DAY_MS,
    HOUR_MS,
    LAG_MS,
    MINUTE_MS,
    USUAL_HOUR,
    Digest,
    add_digests,
    claim_digests,
    lacks_digests,
    load_digest,
    next_digest_at,
    save_digest,
    settle_digest,
)
from models.people.mail_addresses import MailAddress, save_mail_address
from pod.clock import Clock
from pod.deps import Deps
from pod.jobs.digests import CLAIM_MS
from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod, eventually
from tests.support.shell import settle

pytestmark = pytest.mark.slow

NAMES = (f"reader{n}" for n in count(1))
NOON = DAY_MS * 20_000 + 12 * HOUR_MS


def test_dc_28_the_next_mail_comes_at_the_chosen_hour_and_not_for_all_in_one_minute() -> None:
    midnight = DAY_MS * 20_000
    assert next_digest_at(60, 6, now=midnight) == midnight + 6 * HOUR_MS
    assert next_digest_at(61, 6, now=midnight) == midnight + 6 * HOUR_MS + MINUTE_MS
    assert next_digest_at(60, 6, now=midnight + 6 * HOUR_MS) == midnight + DAY_MS + 6 * HOUR_MS


async def test_dc_28_a_mail_is_claimed_by_one_and_sent_by_another_if_that_one_dies(
    deps: Deps, database: Database
) -> None:
    write = deps.store.write
    account = await write(lambda session: insert_account(session, name="ada", seed_sealed=b"s", now=1))
    unproved = await write(lambda session: insert_account(session, name="bo", seed_sealed=b"s", now=1))
    for number, verified in ((account, 1), (unproved, None)):
        mail = MailAddress(number, f"{number}@mail.example", f"{number}@mail.example", verified)
        await write(partial(save_mail_address, mail=mail))
    async with database.read() as session:
        assert await lacks_digests(session)
    await write(partial(add_digests, now=NOON))
    await write(partial(add_digests, now=NOON + 1))
    due = next_digest_at(account, USUAL_HOUR, now=NOON)
    async with database.read() as session:
        assert not await lacks_digests(session)
        assert await load_digest(session, account) == Digest(account, USUAL_HOUR, NOON, due)
        assert await load_digest(session, unproved) is None
    assert await write(partial(claim_digests, now=due - 1, until=due + 9, most=9)) == []

    week = due + 7 * DAY_MS + 1
    claim = partial(claim_digests, until=week + CLAIM_MS, most=9)
    claimed = await write(partial(claim, now=week))

    assert claimed == [Digest(account, USUAL_HOUR, NOON, week + CLAIM_MS)]
    assert await write(partial(claim, now=week)) == []
    # The process that claimed it dies: another one tells the same.
    (again,) = await write(partial(claim_digests, now=week + CLAIM_MS, until=week + 2 * CLAIM_MS, most=9))
    assert again.since_at == NOON
    await write(partial(settle_digest, claimed=claimed[0], now=week))  # too late: it is somebody else's now
    await write(partial(settle_digest, claimed=again, now=week + CLAIM_MS))
    async with database.read() as session:
        assert await load_digest(session, account) == Digest(
            account, USUAL_HOUR, week + CLAIM_MS - LAG_MS, next_digest_at(account, USUAL_HOUR, now=week)
        )
    (later,) = await write(partial(claim_digests, now=week + 2 * DAY_MS, until=week + 2 * DAY_MS + 1, most=9))
    await write(partial(save_digest, digest=Digest(account, 9, week, None)))
    await write(partial(settle_digest, claimed=later, now=week + 2 * DAY_MS))
    assert await write(partial(claim_digests, now=week + 9 * DAY_MS, until=week + 9 * DAY_MS + 1, most=9)) == []


@pytest.fixture(scope="module")
def mails(pod: ServedPod) -> Iterator[PostOffice]:
    with PostOffice() as office:
        office.configure(pod)
        pod.start()
        yield office


@pytest.fixture
def parish(pod: ServedPod, mails: PostOffice) -> Iterator[tuple[Person, Person, Person, str]]:
    """ada, bo and cy in a public group, on a clock that a test may move; before it, nobody is owed a mail."""
    assert mails
    pod.set_clock(0)
    ada, bo, cy = (settle(pod, next(NAMES)) for _ in range(3))
    group = ada.post("/api/v1/groups", {"name": "Parish", "weight": 3000})["group"]
    for guest in (bo, cy):
        joined(ada, group, guest, 1000)
    for person in (ada, bo, cy):
        browser = Browser(pod).sign_in(person.account["name"])
        browser.submit(browser.get("/settings/digest"), "/settings/digest", hour=str(hour_in(pod, 2)))
    yield ada, bo, cy, group
    for person in (ada, bo, cy):
        browser = Browser(pod).sign_in(person.account["name"])
        browser.submit(browser.get("/settings/digest"), "/settings/digest", hour="")


def hour_in(pod: ServedPod, hours: int) -> int:
    """The hour of the day, so many hours from now."""
    assert pod
    return (Clock()() // HOUR_MS + hours) % 24


def ask(person: Person, group: str, title: str, phase: str = "voting", **said: Any) -> str:
    lengths = {"voting": 2 * DAY_MS, "contest": HOUR_MS, **({} if phase == "voting" else {phase: 3 * DAY_MS})}
    wish = {"kind": "for-against", "title": title, "lengths": lengths, **said}
    poll = str(person.post(f"/api/v1/groups/{group}/polls", wish)["record"])
    eventually(lambda: person.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] == phase)
    return poll


def vote(person: Person, group: str, poll: str) -> None:
    person.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "yes"})


def follow(pod: ServedPod, person: Person, group: str, kind: str, what: str) -> None:
    """Press "Follow" on the page of the thing."""
    browser = Browser(pod).sign_in(person.account["name"])
    page = {"poll": f"polls/{what}", "delegate": f"delegates/{what}", "area": "polls"}[kind]
    wish = {("kind", kind), ("what", what), ("wish", "follow")}
    (form,) = (one for one in browser.get(f"/g/{group}/{page}").forms if wish <= set(one.fields))
    assert "You follow it now." in browser.post(form.action, form.fields).text


def told_until(pod: ServedPod, person: Person) -> int:
    """What the last mail told of, sent or not because there was nothing."""
    return pod.act(partial(_told_until, person.account["name"]))


async def _told_until(name: str, deps: Deps) -> int:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
        assert account is not None
        digest = await load_digest(session, account.id)
    assert digest is not None
    return digest.since_at


def daily(mails: PostOffice, person: Person) -> list[Message]:
    """The daily mails to somebody that came so far."""
    own = f"{person.account['name']}@mail.example"
    found = [mail for mail in mails.post.mails() if mail["To"] == own and mail["List-Unsubscribe"]]
    return [mail for mail in found if "at most once a day" in parts(mail)[0]]


def parts(mail: Message) -> tuple[str, str]:
    """A mail's plain text and its HTML."""
    found = {part.get_content_type(): part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()}
    text, html = found["text/plain"], found["text/html"]
    assert isinstance(text, bytes)
    assert isinstance(html, bytes)
    return text.decode(), html.decode()


def test_dc_28_a_mail_a_day_says_what_needs_whom_and_never_those_who_acted(
    pod: ServedPod, mails: PostOffice, parish: tuple[Person, Person, Person, str]
) -> None:
    ada, bo, cy, group = parish
    first, second = ask(ada, group, "Dig <deeper>?"), ask(ada, group, "Buy a pump?")
    attic = bo.post("/api/v1/groups", {"name": "Attic heliotrope", "visibility": "private", "weight": 3000})["group"]
    hidden = ask(bo, attic, "Behind heliotrope doors?")
    joined(bo, attic, cy, 1000)  # after the poll was opened: off its roll
    follow(pod, cy, attic, "poll", hidden)
    vote(cy, group, second)
    pod.set_clock(4 * HOUR_MS)
    eventually(lambda: daily(mails, bo) and daily(mails, cy))

    (to_bo,) = daily(mails, bo)
    text, html = parts(to_bo)
    assert to_bo["Subject"].startswith("2 decisions need you")
    assert 0 < text.find("Buy a pump?") < text.find("Dig <deeper>?")  # the newest first
    assert "You can vote until" in text
    assert f"{pod.url}/g/{group}/polls/{second}" in text
    assert f'<a href="{pod.url}/g/{group}/polls/{second}">Buy a pump?, in Parish</a>' in html
    assert "Dig &lt;deeper&gt;?" in html
    ((text, _),) = [parts(mail) for mail in daily(mails, cy)]
    assert f"{pod.url}/g/{group}/polls/{first}" in text
    assert "A poll in a private group" in text
    assert "because you follow this poll" in text
    assert "because you are on the roll" in text
    assert not re.search("heliotrope|pump", text)  # cy has voted on the pump
    assert daily(mails, ada) == []  # who asks knows it


def test_dc_28_the_mail_tells_of_what_one_follows_and_says_so(
    pod: ServedPod, mails: PostOffice, parish: tuple[Person, Person, Person, str]
) -> None:
    ada, bo, cy, group = parish
    wish = {"do": "set-policy", "with": {"areas": [{"area": "water", "name": "Water"}]}}
    ada.post(f"/api/v1/groups/{group}/operations", wish)
    eventually(lambda: "Follow: " in Browser(pod).sign_in(bo.account["name"]).get(f"/g/{group}/polls").text)
    ada.post(f"/api/v1/groups/{group}/records", {"type": "Delegate", "declared": True})
    eventually(lambda: ada.get(f"/api/v1/groups/{group}/delegates")["delegates"])
    follow(pod, bo, group, "area", "water")
    follow(pod, cy, group, "delegate", "1")
    wells = ask(ada, group, "Which well?", "proposals", kind="score", areas=["water"])
    roads = ask(ada, group, "Which road?", "proposals", kind="score")
    voted, posted = ask(ada, group, "Ada votes here?"), ask(ada, group, "Keep cy posted?")
    for person, poll in ((ada, voted), (bo, voted), (bo, posted), (cy, posted)):
        vote(person, group, poll)
    follow(pod, cy, group, "poll", posted)
    pod.set_clock(4 * HOUR_MS)
    eventually(lambda: daily(mails, bo) and daily(mails, cy))

    text, _ = parts(daily(mails, bo)[0])
    assert "because you follow Water in Parish" in text
    assert [one in text for one in (wells, roads, voted, posted)] == [True, False, False, False]
    text, _ = parts(daily(mails, cy)[0])
    # Each decision stands there once, whatever there is to say of it.
    assert [text.count(f"/polls/{one}") for one in (wells, roads, voted, posted)] == [0, 0, 1, 1]
    assert "because you follow this poll" in text
    assert text.index("You can vote until") < text.index("because you are on the roll")


def test_dc_28_what_one_follows_stands_in_the_settings_and_is_ended_there(
    pod: ServedPod, mails: PostOffice, parish: tuple[Person, Person, Person, str]
) -> None:
    assert mails
    ada, _, cy, group = parish
    ada.post(f"/api/v1/groups/{group}/records", {"type": "Delegate", "declared": True})
    eventually(lambda: ada.get(f"/api/v1/groups/{group}/delegates")["delegates"])
    follow(pod, cy, group, "poll", ask(ada, group, "Followed?"))
    follow(pod, cy, group, "delegate", "1")
    browser = Browser(pod).sign_in(cy.account["name"])
    page = browser.get("/settings/digest")
    assert "Followed?, in Parish" in page.text
    ending = [form for form in page.forms if ("wish", "unfollow") in form.fields]
    assert len(ending) == 2
    for form in ending:
        page = browser.post(form.action, form.fields)
    assert page.path.startswith("/settings/digest")
    assert "You follow nothing yet." in page.text


def test_dc_28_nothing_new_no_mail_and_a_result_is_told_after_an_outage_once(
    pod: ServedPod, mails: PostOffice, parish: tuple[Person, Person, Person, str]
) -> None:
    ada, bo, cy, group = parish
    poll = ask(ada, group, "Over soon?")
    vote(bo, group, poll)
    pod.set_clock(4 * HOUR_MS)
    eventually(lambda: daily(mails, cy))
    assert daily(mails, bo) == []
    pod.set_clock(4 * HOUR_MS + DAY_MS)
    eventually(lambda: told_until(pod, cy) > Clock()() + DAY_MS)
    assert (len(daily(mails, bo)), len(daily(mails, cy))) == (0, 1)
    pod.kill()
    pod.set_clock(8 * DAY_MS)
    pod.start()
    eventually(lambda: ada.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] in ("provisional", "final"))
    assert (len(daily(mails, ada)), len(daily(mails, bo)), len(daily(mails, cy))) == (0, 0, 1)
    pod.set_clock(9 * DAY_MS)
    eventually(lambda: [len(daily(mails, one)) for one in (ada, bo, cy)] == [1, 1, 2])

    for person in (ada, bo, cy):
        assert "The votes are counted" in parts(daily(mails, person)[-1])[0]
    pod.set_clock(11 * DAY_MS)
    eventually(lambda: told_until(pod, cy) > Clock()() + 10 * DAY_MS)
    assert [len(daily(mails, one)) for one in (ada, bo, cy)] == [1, 1, 2]


def test_dc_28_the_mail_is_stopped_by_the_mail_programs_own_button_and_by_a_link(
    pod: ServedPod, mails: PostOffice, parish: tuple[Person, Person, Person, str]
) -> None:
    ada, bo, cy, group = parish
    ask(ada, group, "Stop?")
    pod.set_clock(4 * HOUR_MS)
    eventually(lambda: daily(mails, cy) and daily(mails, bo))
    mail = daily(mails, bo)[0]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail["List-Unsubscribe"].strip("<>")
    name = bo.account["name"]
    assert "selected>Never" not in Browser(pod).sign_in(name).get("/settings/digest").text

    request = urllib.request.Request(address, b"List-Unsubscribe=One-Click", method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200

    assert "selected>Never" in Browser(pod).sign_in(name).get("/settings/digest").text
    (link,) = re.findall(r"Stop it: http://[^/]+(/digest/\S+)", parts(daily(mails, cy)[0])[0])
    browser = Browser(pod)
    page = browser.get(link)
    assert "selected>Never" not in Browser(pod).sign_in(cy.account["name"]).get("/settings/digest").text
    assert "It is stopped" in browser.submit(page, "/stop").text
    assert "selected>Never" in Browser(pod).sign_in(cy.account["name"]).get("/settings/digest").text
    for forged in (link[:-3] + "AAA", "/digest/AAAA", "/digest/%C3%B6"):
        assert browser.get(forged).status == 404
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(urllib.request.Request(pod.url + forged, b"", method="POST"), timeout=10)
