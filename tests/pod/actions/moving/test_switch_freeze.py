"""An account that moves writes nothing, and what it wrote before is waited for."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.departures import FREEZE_MS, Departure, load_departure, stop_waiting
from models.people.accounts import Account, load_account_named
from pod.actions.moving.switch_freeze import AGREED_MS, Lag, agree, freeze, lags, stop, thaw
from pod.actions.posts.records import submit, write_post
from pod.actions.signer import TokenHolder, load_staying
from pod.deps import Deps
from pod.errors import MovingError, NotFoundError
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.records.drafts import Draft
from protocol.records.parts import Home
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

ELSEWHERE = Home("https://new.example", PrivateKey.from_seed(bytes(32)).did)
POST: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}


@pytest.fixture(scope="module")
def ada(pod: ServedPod) -> Person:
    return pod.sign_up("ada")


async def account_of(session: AsyncSession, name: str) -> Account:
    account = await load_account_named(session, name)
    assert account is not None
    return account


def frozen(person: Person) -> None:
    async def action(session: AsyncSession, deps: Deps) -> None:
        account = await account_of(session, "ada")
        await freeze(session, deps, await agree(session, deps, account, ELSEWHERE))

    person.pod.act(lambda deps: deps.store.write(lambda session: action(session, deps)))


async def departure_of(session: AsyncSession) -> Departure:
    departure = await load_departure(session, (await account_of(session, "ada")).id)
    assert departure is not None
    return departure


def seen_lags(person: Person) -> tuple[Lag, ...]:
    async def look(deps: Deps) -> tuple[Lag, ...]:
        async with deps.store.database.read() as session:
            return await lags(session, deps, await departure_of(session))

    return person.pod.act(look)


def refused(write: partial[Any]) -> str:
    with pytest.raises(RefusedByHttpError) as refusal:
        write()
    assert refusal.value.status == 409
    return f"{refusal.value.problem['code']} {refusal.value.problem['facts']['pod']}"


def test_mg_02_what_a_pod_that_just_stopped_had_not_logged_is_named_and_waited_for(ada: Person) -> None:
    group = RecordId(ada.account["personal_group"])

    async def write(deps: Deps) -> None:
        async with deps.store.database.read() as session:
            signer = TokenHolder(await account_of(session, "ada"))
        await submit(deps, write_post, signer, group, Draft("Post", POST))

    async def skip(deps: Deps) -> tuple[Lag, ...]:
        async def action(session: AsyncSession) -> tuple[Lag, ...]:
            departure = await departure_of(session)
            await stop_waiting(session, departure.account_id, group)
            return await lags(session, deps, departure)

        return await deps.store.write(action)

    ada.pod.act(write)
    frozen(ada)

    assert seen_lags(ada) == (Lag(group, records=2),)
    ada.pod.start()
    eventually(lambda: seen_lags(ada) == ())
    assert ada.pod.act(skip) == ()


def test_mg_02_a_frozen_account_writes_nothing_until_ten_minutes_are_over(ada: Person) -> None:
    group = ada.account["personal_group"]
    paths = (f"/api/v1/groups/{group}/posts", "/api/v1/groups")
    wishes: tuple[dict[str, Any], ...] = (POST, {"name": "Parish"})
    writes = [partial(ada.post, path, wish) for path, wish in zip(paths, wishes, strict=True)]
    assert [refused(write) for write in writes] == ["moving https://new.example"] * 2

    ada.pod.set_clock(FREEZE_MS - 300_000)
    assert refused(writes[0])
    ada.pod.set_clock(FREEZE_MS + 60_000)
    assert writes[0]()["record"]


def test_mg_02_an_opening_that_is_due_is_still_written(ada: Person) -> None:
    frozen(ada)

    async def holders(deps: Deps) -> bool:
        async with deps.store.database.read() as session:
            account = await account_of(session, "ada")
            with pytest.raises(MovingError):
                await load_staying(session, deps, account, "LotShare")
            return (await load_staying(session, deps, account, "Opening")).account == account

    assert ada.pod.act(holders)


def test_mg_02_who_thaws_or_stops_writes_again(ada: Person) -> None:
    post = partial(ada.post, f"/api/v1/groups/{ada.account['personal_group']}/posts", POST)

    for end in (thaw, stop):
        frozen(ada)
        assert refused(post)

        async def action(session: AsyncSession, deps: Deps, end: Any = end) -> None:
            await end(session, deps, await departure_of(session))

        ada.pod.act(lambda deps, action=action: deps.store.write(lambda session: action(session, deps)))  # type: ignore[misc]
        assert post()["record"]


def test_what_somebody_agreed_to_begins_no_freeze_a_day_later(ada: Person) -> None:
    async def consent(session: AsyncSession, deps: Deps) -> None:
        await agree(session, deps, await account_of(session, "ada"), ELSEWHERE)

    async def late(session: AsyncSession, deps: Deps) -> None:
        await freeze(session, deps, await departure_of(session))

    def act(action: Any) -> None:
        ada.pod.act(lambda deps: deps.store.write(lambda session: action(session, deps)))

    act(consent)
    ada.pod.set_clock(FREEZE_MS + 60_000 + AGREED_MS)

    with pytest.raises(NotFoundError):
        act(late)
