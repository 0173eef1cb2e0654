"""Mails that can't wait: whom they tell what, once, an hour apart; and the number of polls that need somebody."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from email.message import Message
from functools import partial
from itertools import count

import pytest
from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.poll_calls import CALLS
from models.engine.databases import Database
from models.people.accounts import Membership, insert_account, load_account_named, save_membership
from models.people.mail_addresses import MailAddress, save_mail_address
from models.people.own_calls import (
    CALL_MAILS,
    OWN_CALLS,
    OwnCall,
    claim_call_mails,
    count_needs,
    first_call_mail_at,
    list_own_calls,
    put_own_calls,
    settle_call_mail,
)
from pod.actions.decisions.poll_calls import MOST_AT_ONCE, call_people
from pod.actions.groups.founding import sign_up
from pod.deps import Deps
from protocol.ids import RecordId, record_id
from protocol.keys import DidKey
from tests.support import voted
from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod, eventually
from tests.support.shell import settle

pytestmark = pytest.mark.slow

HOUR = 3_600_000
DAY = 24 * HOUR
NAMES = (f"called{n}" for n in count(1))


async def test_dc_28_between_two_mails_lies_an_hour_and_each_thing_is_told_once(deps: Deps, database: Database) -> None:
    write = deps.store.write
    account = await write(lambda session: insert_account(session, name="ada", seed_sealed=b"s", now=1))
    group, first, second = (record_id(letter.encode()) for letter in "abc")

    def call(about: RecordId, mail_at: int) -> OwnCall:
        return OwnCall(account, group, about, "vote", 1, 0, 100 * HOUR, mail_at)

    async def due() -> int | None:
        async with database.read() as session:
            return await first_call_mail_at(session)

    await write(partial(put_own_calls, calls=[call(first, 5 * HOUR)]))
    assert await due() == 5 * HOUR
    assert await write(partial(claim_call_mails, now=5 * HOUR, until=5 * HOUR + 9, most=4)) == [account]
    assert await write(partial(claim_call_mails, now=5 * HOUR, until=5 * HOUR + 9, most=4)) == []
    # Whoever claimed it dies, and another one sends it.
    assert await write(partial(claim_call_mails, now=5 * HOUR + 9, until=6 * HOUR, most=4)) == [account]
    told = [call(first, 5 * HOUR)]
    await write(partial(settle_call_mail, account=account, told=told, sent=True, now=5 * HOUR + 10))
    assert await due() is None

    await write(partial(put_own_calls, calls=[call(first, 5 * HOUR), call(second, 5 * HOUR + 20)]))
    assert await due() == 6 * HOUR + 10  # an hour after the last mail, and not of what that one told
    async with database.read() as session:
        waiting = [one.about for one in await list_own_calls(session, account, now=0) if one.mail_at is not None]
        assert waiting == [second]
        assert await count_needs(session, account, now=0) == 2
        assert await count_needs(session, account, now=100 * HOUR) == 0


async def test_dc_28_a_poll_costs_one_row_and_people_are_called_by_pages_however_many_there_are(
    deps: Deps, database: Database
) -> None:
    members = 2 * MOST_AT_ONCE + 20
    await sign_up(deps, "ada")
    async with database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    group, _ = await voted.ask(deps, ada, members)
    numbers = range(2, members + 1)

    async def live_here(session: AsyncSession) -> None:
        for number in numbers:
            name = f"p{number}"
            account = await insert_account(session, name=name, seed_sealed=b"s", now=1)
            signing = DidKey(f"did:key:member-{number}")
            await save_membership(session, Membership(account, group, number, signing, "", 0, 0, 0, "member"))
            if number % 2:
                await save_mail_address(session, MailAddress(account, f"{name}@a.example", f"{name}@a.example", 1))

    await deps.store.write(live_here)

    async def counted(table: Table, *wanted: ColumnElement[bool]) -> int:
        async with database.read() as session:
            return int(await session.scalar(select(func.count()).select_from(table).where(*wanted)) or 0)

    assert (await counted(CALLS), await counted(OWN_CALLS)) == (1, 0)
    found = []
    while await call_people(deps):
        found.append(await counted(OWN_CALLS))
    assert found == [MOST_AT_ONCE, 2 * MOST_AT_ONCE, members]
    mailed = sum(number % 2 for number in numbers)
    assert await counted(CALL_MAILS, CALL_MAILS.c.due_at.is_not(None)) == mailed  # only who has a proved address


@pytest.fixture(scope="module")
def mails(pod: ServedPod) -> Iterator[PostOffice]:
    with PostOffice() as office:
        office.configure(pod)
        pod.start()
        yield office


@pytest.fixture
def parish(pod: ServedPod, mails: PostOffice) -> tuple[Person, Person, Person, str]:
    """ada, bo and cy in a public group, on a clock that a test may move."""
    assert mails
    pod.set_clock(0)
    ada, bo, cy = (settle(pod, next(NAMES)) for _ in range(3))
    group = ada.post("/api/v1/groups", {"name": "Parish", "weight": 3000})["group"]
    for guest in (bo, cy):
        joined(ada, group, guest, 1000)
    return ada, bo, cy, group


def ask(person: Person, group: str, title: str, voting: int) -> str:
    wish = {"kind": "for-against", "title": title, "lengths": {"voting": voting, "contest": HOUR}}
    poll = str(person.post(f"/api/v1/groups/{group}/polls", wish)["record"])
    eventually(lambda: person.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] == "voting")
    return poll


def vote(person: Person, group: str, poll: str, **said: object) -> None:
    person.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", said or {"choice": "yes"})


def text_of(mail: Message) -> str:
    part = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    found = part.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found.decode()


def at_once(mails: PostOffice, person: Person) -> list[str]:
    """The texts of the mails of this kind that came to somebody so far."""
    own = f"{person.account['name']}@mail.example"
    texts = [text_of(mail) for mail in mails.post.mails() if mail["To"] == own and mail["List-Unsubscribe"]]
    return [text for text in texts if "at most once an hour, and tells each thing once" in text]


def needs(pod: ServedPod, person: Person) -> int:
    """The number beside "Needs you" on all pages."""
    page = Browser(pod).sign_in(person.account["name"]).get("/settings").text
    found = re.search(r'href="/me/needs-you">Needs you(?: <strong class="badge">(\d+)</strong>)?', page)
    assert found
    return int(found[1] or 0)


def test_dc_28_who_has_not_voted_is_mailed_a_day_before_the_end_once_and_others_never(
    pod: ServedPod, mails: PostOffice, parish: tuple[Person, Person, Person, str]
) -> None:
    ada, bo, cy, group = parish
    first, second = ask(ada, group, "Dig deeper?", 2 * DAY), ask(ada, group, "Buy a pump?", 2 * DAY + 20 * 60_000)
    for poll in (first, second):
        vote(cy, group, poll, choice="no")
        vote(ada, group, poll)
    eventually(lambda: (needs(pod, bo), needs(pod, cy)) == (2, 0))
    pod.set_clock(DAY - HOUR)
    short = ask(ada, group, "Over tonight?", 12 * HOUR)  # ends within a day, so it is told at once
    (text,) = eventually(lambda: at_once(mails, bo))
    assert short in text
    assert first not in text
    vote(bo, group, short)

    pod.set_clock(DAY + 5 * 60_000)
    (_, text) = eventually(lambda: len(found := at_once(mails, bo)) == 2 and found)
    assert "You can vote until" in text
    assert "because you are on the roll" in text
    assert (first in text, second in text) == (True, False)
    assert f"{pod.url}/g/{group}/polls/{first}" in text
    pod.set_clock(DAY + 40 * 60_000)  # the other poll is due, too; an hour isn't over
    assert ask(ada, group, "A clock to wait for", 3 * DAY)
    assert len(at_once(mails, bo)) == 2
    pod.set_clock(DAY + 70 * 60_000)
    (_, _, text) = eventually(lambda: len(found := at_once(mails, bo)) == 3 and found)
    assert (first in text, second in text) == (False, True)
    assert at_once(mails, ada) == [text for text in at_once(mails, ada) if short in text]  # she had voted in the others
    assert [short in text for text in at_once(mails, cy)] == [True]
    for text in (*at_once(mails, bo), *at_once(mails, cy)):
        assert not re.search(r"\b(yes|no)\b", text)
    pod.set_clock(0)


def test_dc_28_whose_list_names_a_delegate_is_told_that_they_voted_and_resigned_but_not_how(
    pod: ServedPod, mails: PostOffice, parish: tuple[Person, Person, Person, str]
) -> None:
    ada, bo, cy, group = parish
    records = f"/api/v1/groups/{group}/records"
    ada.post(records, {"type": "Delegate", "declared": True})
    poll = ask(ada, group, "Whom to follow?", 5 * DAY)
    for person in (bo, cy):
        person.post(records, {"type": "Delegation", "delegates": [1]})
    vote(cy, group, poll)
    eventually(lambda: (needs(pod, bo), needs(pod, cy)) == (0, 0))
    vote(ada, group, poll, choice="no")
    (text,) = eventually(lambda: at_once(mails, bo))
    assert "no. 1" in text
    assert "has voted. Your own ballot would come first." in text
    assert f"{poll}/my-vote" in text
    assert at_once(mails, cy) == []  # whose own ballot comes first
    pod.set_clock(2 * HOUR)
    ada.post(records, {"type": "Delegate", "declared": False})
    assert "is a delegate no more" in eventually(lambda: len(found := at_once(mails, bo)) == 2 and found)[1]
    assert "is a delegate no more" in eventually(lambda: at_once(mails, cy))[0]
    pod.set_clock(0)


def test_dc_28_whose_delegates_had_not_voted_at_the_lock_is_told_once_and_nothing_of_anybodys_ballot(
    pod: ServedPod, mails: PostOffice, parish: tuple[Person, Person, Person, str]
) -> None:
    ada, bo, cy, group = parish
    records = f"/api/v1/groups/{group}/records"
    ada.post(records, {"type": "Delegate", "declared": True})
    followed, waits = ask(ada, group, "Where ada votes?", 3 * DAY), ask(ada, group, "Where ada doesn't?", 3 * DAY)
    for person in (bo, cy):
        person.post(records, {"type": "Delegation", "delegates": [1]})
    vote(ada, group, followed, choice="no")
    vote(cy, group, waits)
    eventually(lambda: (needs(pod, bo), needs(pod, cy)) == (0, 0))
    # That ada has voted is told first; cy needs nothing more where cy has voted.
    eventually(lambda: at_once(mails, bo) and at_once(mails, cy))

    pod.set_clock(2 * DAY + 5 * 60_000)
    (_, text) = eventually(lambda: len(found := at_once(mails, bo)) == 2 and found)

    assert "Nobody to whom your list of delegates leads had voted when delegates were locked." in text
    assert "You can vote yourself until" in text
    assert f"{pod.url}/g/{group}/polls/{waits}/my-vote" in text
    assert followed not in text
    assert not re.search(r"\b(yes|no|no\. 1)\b", text)
    pod.set_clock(2 * DAY + 3 * HOUR)
    short = ask(ada, group, "Later?", 12 * HOUR)  # of which all are told, so whatever came before it has come
    vote(ada, group, short)
    eventually(lambda: all(short in at_once(mails, one)[-1] for one in (bo, cy)))
    assert [sum("when delegates were locked" in text for text in at_once(mails, one)) for one in (bo, cy)] == [1, 0]
    pod.set_clock(0)


def test_dc_28_the_number_of_what_needs_one_stands_on_all_pages_and_follows_what_one_does(
    pod: ServedPod, parish: tuple[Person, Person, Person, str]
) -> None:
    ada, bo, _, group = parish
    poll = ask(ada, group, "Count me?", 5 * DAY)
    eventually(lambda: needs(pod, bo) == 1)
    vote(bo, group, poll)
    assert needs(pod, bo) == 0
    vote(bo, group, poll, withdraw=True)
    eventually(lambda: needs(pod, bo) == 1)
    records = f"/api/v1/groups/{group}/records"
    bo.post(records, {"type": "Delegation", "delegates": [1]})
    eventually(lambda: needs(pod, bo) == 0)
    bo.post(records, {"type": "Delegation", "delegates": []})
    eventually(lambda: needs(pod, bo) == 1)
    pod.set_clock(6 * DAY)
    assert needs(pod, bo) == 0
    pod.set_clock(0)


def test_dc_28_mails_at_once_are_stopped_by_their_own_button_and_the_daily_one_is_not(
    pod: ServedPod, mails: PostOffice, parish: tuple[Person, Person, Person, str]
) -> None:
    ada, bo, cy, group = parish
    ask(ada, group, "Stop?", 12 * HOUR)
    eventually(lambda: at_once(mails, bo) and at_once(mails, cy))
    own = f"{bo.account['name']}@mail.example"
    (mail,) = [one for one in mails.post.mails() if one["To"] == own and one["List-Unsubscribe"]]
    settings = Browser(pod).sign_in(bo.account["name"])
    assert 'name="at_once" value="true" checked' in settings.get("/settings/digest").text

    request = urllib.request.Request(mail["List-Unsubscribe"].strip("<>"), b"List-Unsubscribe=One-Click", method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200

    page = settings.get("/settings/digest").text
    assert 'name="at_once" value="true" checked' not in page
    assert "selected>Never" not in page
    pod.set_clock(2 * HOUR)
    ask(ada, group, "Again?", 12 * HOUR)
    eventually(lambda: len(at_once(mails, cy)) == 2)
    assert len(at_once(mails, bo)) == 1
    pod.set_clock(0)
