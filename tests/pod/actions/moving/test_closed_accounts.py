"""What closing an account does is said for every table that names accounts, and done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from federation.delivery import OLDEST_MS
from federation.errors import Sentences
from models.fediverse.deliveries import Closing
from models.groups.groups_and_items import load_group
from models.moving.closings import KEPT, erased_tables
from models.moving.departures import Departure, load_departure, save_departure, set_departure
from models.people.accounts import Account, Membership, load_account, save_membership, set_membership
from models.schema import METADATA
from pod.actions.fediverse.actors import actor_keys, person_path
from pod.actions.groups.founding import sign_up
from pod.actions.moving import closed_accounts
from pod.actions.moving.closed_accounts import (
    KEYS_KEPT_MS,
    OPENS_MS,
    carry_on_closings,
    close_account,
    find_receipt,
    let_go_here,
    list_left_groups,
)
from pod.actions.moving.cool_down import UNDO_MS
from pod.actions.moving.way_back import begin_return
from pod.actions.posts.posts import WrittenPost, publish
from pod.clock import Clock
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keys import DidKey, PrivateKey
from protocol.records.content import Paragraph
from tests.pod.actions.moving.test_tables_of_copies import NAMES_PEOPLE, _canaries
from tests.pod.actions.moving.test_told_moves import HOSTS, actor, closes, lanes, moves, sent
from tests.support.travellers import Traveller, a_traveller
from tests.support.writing import an_id

# Tables that name accounts, but for those of which closing deletes all the account's rows.
OTHERWISE: Final[Mapping[str, str]] = {
    "departures": "stays: it keeps the name, leads to the new place and refuses every write",
    "accounts": "stays with its name and another seed",
    "memberships": "the personal group's stays, so that its actor leads on; the others go",
    "recovery_keys": "the personal group's stays, so that the words prove whose name it is; the others go",
    "former_actors": "stays: public, in the actor's document",
    "move_deliveries": "goes with the actor's keys, after 30 days",
    "newcomers": "goes, with the seed in it",
    "invites": "ends; stays for those who came by it",
    "sign_ups": "goes",
    "audit": "stays: what those who run the pod did",
    "moves": "somebody's who comes here",
}
DAY_MS: Final = 86_400_000


def names_accounts(table: Table) -> bool:
    return any(key.column.table.name == "accounts" for key in table.foreign_keys) or bool(
        NAMES_PEOPLE & {*table.c.keys()}
    )


def unsaid(metadata: MetaData) -> set[str]:
    """Tables that name accounts otherwise than by `account_id`, and of which nobody says what closing does."""
    erased = {table.name for table in erased_tables()}
    return {name for name, table in metadata.tables.items() if names_accounts(table)} - erased - set(OTHERWISE)


def test_mg_23_of_every_table_that_names_accounts_it_is_said_what_closing_does() -> None:
    tables = MetaData()
    for table in METADATA.sorted_tables:
        table.to_metadata(tables)
    Table("bookmarks", tables, Column("owner_id"))

    assert unsaid(METADATA) == set()
    assert unsaid(tables) == {"bookmarks"}
    assert set(OTHERWISE) >= KEPT, "what is kept is kept for a reason"
    assert not {table.name for table in erased_tables()} & set(OTHERWISE)


@asynccontextmanager
async def a_leaver(folder: Path) -> AsyncIterator[tuple[Traveller, dict[str, int]]]:
    """Ada, whose personal group moved a moment ago, and a clock that a test sets forward."""
    ahead = {"ms": 0}
    clock = Clock()
    async with a_traveller(folder, clock=lambda: clock() + ahead["ms"]) as ada:  # type: ignore[arg-type]
        yield ada, ahead


async def leaves(ada: Traveller) -> None:
    async def action(session: AsyncSession) -> None:
        key, now = PrivateKey.from_seed(bytes(32)).did, ada.deps.clock()
        gone = Departure(ada.account.id, ada.own, "https://new.example", key, now, now)
        done = Departure(
            **{name: getattr(gone, name) for name in gone.__struct_fields__}
            | {"item": an_id("h"), "moved_at": now, "name": "ada"}
        )
        await save_departure(session, done)
        await set_membership(session, ada.account.id, ada.own, number=None, state="moved")

    await ada.deps.store.write(action)


async def standings(ada: Traveller) -> dict[RecordId, str]:
    return {one.group: one.standing for one in await list_left_groups(ada.deps, ada.account)}


async def refused(step: Any) -> str:
    with pytest.raises(RefusedError) as refusal:
        await step
    return str(refusal.value.refused.rule.key)


async def rows_of(ada: Traveller, table: Table) -> int:
    column = next((table.c[name] for name in ("account_id", "inviter_id", "id") if name in table.c), None)
    assert column is not None
    async with ada.deps.store.database.read() as session:
        return len((await session.execute(select(column).where(column == ada.account.id))).all())


async def test_mg_23_closing_erases_what_is_private_and_keeps_the_name_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_leaver(tmp_path) as (ada, ahead):
        deps = ada.deps
        hidden, shown = await ada.founds("Council", "private"), await ada.founds("Mill")
        seated = await ada.founds("Choir", "private")
        await ada.writes(hidden, "One.")
        await actor_keys(deps, person_path("ada"))
        assert await refused(close_account(deps, ada.account, "ada")) == "not_moved"
        await leaves(ada)

        async def plant(session: AsyncSession) -> None:
            for table in erased_tables():
                if all(key.column.table.name == "accounts" for key in table.foreign_keys):
                    await session.execute(
                        insert(table).prefix_with("OR REPLACE").values(_canaries(table, ada.account.id, ada.own))
                    )

        await deps.store.write(plant)
        assert await refused(close_account(deps, ada.account, "ada")) == "closes_later"
        ahead["ms"] = OPENS_MS
        assert await refused(close_account(deps, ada.account, "bo")) == "name_not_typed"
        assert await refused(close_account(deps, ada.account, "@Ada")) == "groups_wait"
        monkeypatch.setattr(closed_accounts, "_left_groups", _none)  # nobody seals here
        monkeypatch.setattr(closed_accounts, "_sits", _sits_only_in(seated))
        await close_account(deps, ada.account, "@Ada")

        assert {table.name for table in erased_tables() if await rows_of(ada, table)} == set()
        assert await refused(close_account(deps, ada.account, "ada")) == "closed_here"
        async with deps.store.database.read() as session:
            account = await load_account(session, ada.account.id)
            departure = await load_departure(session, ada.account.id)
        assert account is not None
        assert departure is not None
        assert (account.name, account.seed_sealed == ada.account.seed_sealed) == ("ada", False)
        words = WrittenPost("note", [Paragraph("text", "Two.")])
        assert await refused(publish(deps, ada.signer, shown, words)) == "moving"

        for _ in range(2):  # a round that is done again changes nothing
            await carry_on_closings(deps)
        async with deps.store.database.read() as session:
            found = [await load_group(session, group) is not None for group in (hidden, seated, shown)]
        assert found == [False, True, True]
        assert await rows_of(ada, METADATA.tables["memberships"]) == 1
        before = await actor_keys(deps, person_path("ada"))
        ahead["ms"] += KEYS_KEPT_MS - 1000
        await carry_on_closings(deps)
        assert await actor_keys(deps, person_path("ada")) == before
        ahead["ms"] += 1000
        await carry_on_closings(deps)
        assert (await actor_keys(deps, person_path("ada"))).rsa_public != before.rsa_public


async def _none(*_: Any) -> list[Any]:
    return []


def _sits_only_in(group: RecordId) -> Any:
    async def sits(_session: AsyncSession, _deps: Any, other: RecordId) -> bool:
        return other == group

    return sits


async def test_mg_23_a_group_that_stands_still_is_let_go_and_the_personal_group_never(tmp_path: Path) -> None:
    async with a_leaver(tmp_path) as (ada, ahead):
        mill = await ada.founds("Mill")
        await leaves(ada)
        ahead["ms"] = UNDO_MS

        assert await standings(ada) == {
            ada.own: "asked",
            mill: "here",
        }
        await let_go_here(ada.deps, ada.account, mill)
        assert await refused(let_go_here(ada.deps, ada.account, ada.own)) == "personal_stays"
        assert await standings(ada) == {
            ada.own: "asked",
            mill: "let go",
        }
        assert await refused(begin_return(ada.deps, ada.account)) == "cant_return"


async def test_mg_23_each_followers_server_is_asked_once_and_shown_as_confirmed_refused_or_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_leaver(tmp_path) as (ada, ahead):
        deps = ada.deps
        await moves(ada)
        await deps.store.write(lambda session: set_departure(session, ada.account.id, moved_at=0, telling_at=None))
        monkeypatch.setattr(closed_accounts, "_left_groups", _none)
        secret = await close_account(deps, ada.account, "ada", asks=True)
        assert await refused(find_receipt(deps, "other")) == "no_receipt"
        assert (await find_receipt(deps, secret)).asked_at is None
        assert await lanes(ada) == {}

        ahead["ms"] = KEYS_KEPT_MS
        keys = await actor_keys(deps, person_path("ada"))
        for _ in range(2):
            await carry_on_closings(deps)
        found = await lanes(ada)
        assert {host: len(lane.deliveries) for host, lane in found.items()} == dict.fromkeys(HOSTS, 1)
        (gone,) = sent(found["a.example"])
        assert (gone["type"], gone["actor"], gone["object"]) == ("Delete", actor(ada), actor(ada))
        done = {host: found[host].deliveries for host in HOSTS}
        refusal = msgspec.json.encode(Sentences("No.", "Nej.")).decode()
        await closes(
            ada,
            Closing(found["a.example"].host, done["a.example"]),
            Closing(found["b.example"].host, done["b.example"], {done["b.example"][0].id: refusal}),
            Closing(msgspec.structs.replace(found["c.example"].host, next_at=9, last_error=refusal)),
        )
        await carry_on_closings(deps)
        assert await actor_keys(deps, person_path("ada")) == keys, "a server is silent, and it is tried again"

        ahead["ms"] += OLDEST_MS
        await carry_on_closings(deps)
        assert await actor_keys(deps, person_path("ada")) != keys
        receipt = await find_receipt(deps, secret)
        assert [(one.host, one.taken, one.refused) for one in receipt.hosts] == [
            ("a.example", 1, 0),
            ("b.example", 0, 1),
            ("c.example", 0, 0),
        ]


async def test_mg_23_a_closed_account_takes_no_group_from_one_that_moved_away_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_leaver(tmp_path) as (ada, ahead):
        deps, choir = ada.deps, await ada.founds("Choir", "private")
        await leaves(ada)
        bo = await load_of(ada, (await sign_up(deps, "bo")).account)
        member = Membership(bo.id, choir, 2, DidKey("did:key:z6MkBo"), "", 0, 0, 0, "moved")

        async def goes(session: AsyncSession) -> None:
            await save_membership(session, member)
            assert bo.personal_group is not None
            gone = Departure(bo.id, bo.personal_group, "https://new.example", PrivateKey.from_seed(bytes(32)).did, 0, 0)
            await save_departure(session, msgspec.structs.replace(gone, item=an_id("i"), moved_at=0, name="bo"))

        await deps.store.write(goes)
        monkeypatch.setattr(closed_accounts, "_sits", _sits_only_in(ada.own))
        monkeypatch.setattr(closed_accounts, "AT_ONCE", 1)
        ahead["ms"] = OPENS_MS
        with monkeypatch.context() as nobody_seals:
            nobody_seals.setattr(closed_accounts, "_left_groups", _none)
            await close_account(deps, ada.account, "ada")
        await carry_on_closings(deps)
        assert await is_here(ada, choir), "bo's new pod still fetches from it"

        with monkeypatch.context() as nobody_seals:
            nobody_seals.setattr(closed_accounts, "_left_groups", _none)
            await close_account(deps, bo, "bo")
        await carry_on_closings(deps)  # one at once, and ada's keys aren't due yet: so it is bo's turn
        assert not await is_here(ada, choir)
        await deps.store.write(lambda session: save_membership(session, member))
        assert choir not in {one.group for one in await list_left_groups(deps, bo)}


async def load_of(ada: Traveller, number: int) -> Account:
    async with ada.deps.store.database.read() as session:
        account = await load_account(session, number)
    assert account is not None
    return account


async def is_here(ada: Traveller, group: RecordId) -> bool:
    async with ada.deps.store.database.read() as session:
        return await load_group(session, group) is not None
