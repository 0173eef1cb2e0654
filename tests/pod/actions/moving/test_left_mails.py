"""MG-19 and MG-23: who moved away is mailed twice by the pod they left, and never after going back or closing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from models.moving.departures import Departure, delete_departure, load_departure, save_departure, set_departure
from models.moving.move_deliveries import ToldTotal
from models.people.mail_addresses import MailAddress, save_mail_address
from pod.actions.letters import Letter
from pod.actions.moving import left_mails
from pod.actions.moving.left_mails import CLOSING_MS, FOLLOWERS_MS, mail_who_left
from pod.deps import Deps
from pod.errors import MailError
from pod.rules.mails import MailRule
from protocol.keys import PrivateKey
from tests.support.travellers import Traveller, a_traveller
from tests.support.writing import an_id

NEW: Final = "https://new.example"
MOVED_AT: Final = 1_000_000
FOLLOWERS: Final = "Your followers and your move to new.example"


class Post:
    """The mails that were sent: to whom, and the letter. While it is `broken`, none leaves."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Letter]] = []
        self.broken = False

    async def send(self, deps: Deps, to: str, letter: Letter) -> str:
        assert deps
        if self.broken:
            raise MailError(MailRule.NOT_SENT, "nobody answers")
        self.sent.append((to, letter))
        return ""

    @property
    def subjects(self) -> list[str]:
        return [letter.subject for _, letter in self.sent]


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    made = Post()
    monkeypatch.setattr(left_mails, "send", made.send)
    return made


@pytest.fixture
async def ada(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Traveller]:
    """She moved to new.example, and gets mail; of three servers of her followers two took the Move."""

    async def counted(*_: object) -> ToldTotal:
        return ToldTotal(2, 3)

    monkeypatch.setattr(left_mails, "count_told", counted)
    async with a_traveller(tmp_path) as made:
        key, mail = PrivateKey.from_seed(bytes(32)).did, MailAddress(made.account.id, "ada@home.example", "a", 1)
        gone = Departure(made.account.id, made.own, NEW, key, 0, 0, item=an_id("item"), name="ada2", moved_at=MOVED_AT)
        await made.deps.store.write(partial(save_mail_address, mail=mail))
        await made.deps.store.write(partial(save_departure, departure=gone))
        await sets(made, mail_at=MOVED_AT + FOLLOWERS_MS)
        yield made


async def sets(ada: Traveller, **values: object) -> None:
    await ada.deps.store.write(lambda session: set_departure(session, ada.account.id, **values))


async def looks(ada: Traveller, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The job's look at a time."""
    monkeypatch.setattr(type(ada.deps.clock), "__call__", lambda _: MOVED_AT + at)
    await mail_who_left(ada.deps)


async def due_at(ada: Traveller) -> int | None:
    async with ada.deps.store.database.read() as session:
        departure = await load_departure(session, ada.account.id)
    assert departure is not None
    return departure.mail_at


async def test_mg_19_and_mg_23_a_day_later_of_followers_a_week_later_of_closing_and_each_once(
    ada: Traveller, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (FOLLOWERS_MS - 1, FOLLOWERS_MS, FOLLOWERS_MS + 1, CLOSING_MS - 1):
        await looks(ada, monkeypatch, at)
    assert post.subjects == [FOLLOWERS]
    assert post.sent[0][0] == "ada@home.example"
    assert "Of 3 messages to the servers of your followers, 2 have arrived." in post.sent[0][1].text

    for at in (CLOSING_MS, CLOSING_MS + 1, 2 * CLOSING_MS):
        await looks(ada, monkeypatch, at)

    assert len(post.sent) == 2
    assert f"{ada.deps.identity.base_url}/settings/moved" in post.sent[1][1].text
    assert await due_at(ada) is None


async def test_a_mail_that_doesnt_leave_is_not_tried_again_and_keeps_the_next_one(
    ada: Traveller, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.broken = True
    await looks(ada, monkeypatch, FOLLOWERS_MS)
    post.broken = False
    await looks(ada, monkeypatch, FOLLOWERS_MS + 1)
    assert post.sent == []
    assert await due_at(ada) == MOVED_AT + CLOSING_MS


async def test_a_pod_that_was_away_for_a_week_sends_the_second_mail_alone(
    ada: Traveller, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (CLOSING_MS + 5, CLOSING_MS + 6, CLOSING_MS + 7):
        await looks(ada, monkeypatch, at)
    assert len(post.sent) == 1
    assert FOLLOWERS not in post.subjects


async def test_nobody_is_mailed_of_followers_who_were_not_told(
    ada: Traveller, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: object) -> ToldTotal:
        return ToldTotal(0, 0)

    monkeypatch.setattr(left_mails, "count_told", none)
    await looks(ada, monkeypatch, FOLLOWERS_MS)
    assert post.sent == []
    await looks(ada, monkeypatch, CLOSING_MS)
    assert len(post.sent) == 1


@pytest.mark.parametrize("over", ["back", "closed", "unverified"])
async def test_mg_18_and_mg_23_who_went_back_or_closed_it_or_has_no_address_is_not_mailed(
    ada: Traveller, post: Post, monkeypatch: pytest.MonkeyPatch, over: str
) -> None:
    match over:
        case "back":
            await ada.deps.store.write(partial(delete_departure, account=ada.account.id))
        case "closed":
            await sets(ada, closed_at=MOVED_AT + 5)
        case _:
            mail = MailAddress(ada.account.id, "ada@home.example", "a", None)
            await ada.deps.store.write(partial(save_mail_address, mail=mail))
    for at in (FOLLOWERS_MS, CLOSING_MS):
        await looks(ada, monkeypatch, at)
    assert post.sent == []
