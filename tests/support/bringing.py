"""Files of other software that a traveller brings, and a world in which their rows are found."""

from __future__ import annotations

import csv
import io
from functools import partial

from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from models.moving.brought_files import StoredImport, claim_import
from models.people.accounts import Account, load_account
from models.people.mutes import list_blocks
from models.people.subscriptions import list_followings
from pod.actions.groups.pasted_links import PastedLink
from pod.actions.moving.import_orders import (
    ImportSight,
    begin_import,
    failed_rows_of,
    own_import,
    place_for_file,
    take_file,
)
from pod.deps import Deps
from pod.jobs.brought_files import CLAIM_MS, go_on
from pod.rules.groups import GroupRule
from protocol.ids import RecordId
from tests.support.travellers import Traveller

PEOPLE = ("bo", "cilla", "dora")


class Elsewhere:
    """Who is found under which address; what isn't known here is an account of other software."""

    def __init__(self) -> None:
        self.people: dict[str, RecordId] = {}
        self.silent: set[str] = set()
        self.asked: list[str] = []

    async def resolve(self, _deps: Deps, typed: str) -> PastedLink:
        self.asked.append(typed)
        if typed in self.silent:
            raise RemoteError(RemoteFault.NOT_REACHED, retry=True)
        if typed not in self.people:
            raise GroupRule.NEITHER_GROUP_NOR_PERSON.error()
        return PastedLink(self.people[typed], "")


async def account_of(deps: Deps, number: int) -> Account:
    async with deps.store.database.read() as session:
        account = await load_account(session, number)
    assert account is not None
    return account


async def brings(ada: Traveller, raw: bytes, name: str, chosen: str = "") -> ImportSight:
    async with place_for_file(ada.deps, ada.account) as path:
        path.write_bytes(raw)
        await take_file(ada.deps, ada.account, path, name, chosen)
    return await sight(ada)


async def sight(ada: Traveller) -> ImportSight:
    found = await own_import(ada.deps, ada.account)
    assert found is not None
    return found


async def claimed(ada: Traveller) -> StoredImport:
    now = ada.deps.clock()
    found = await ada.deps.store.write(partial(claim_import, now=now, until=now + CLAIM_MS))
    assert found is not None
    return found


async def no_sleep(_seconds: float) -> None:
    pass


async def done(ada: Traveller, *, replace: bool = False, unlisted: bool = False) -> ImportSight:
    """Begun, and worked through."""
    await begin_import(ada.deps, ada.account, replace=replace, unlisted=unlisted)
    await go_on(ada.deps, await claimed(ada), no_sleep)
    return await sight(ada)


async def failed(ada: Traveller) -> list[dict[str, str]]:
    text, _ = await failed_rows_of(ada.deps, ada.account, "en")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


async def followed(ada: Traveller) -> set[RecordId]:
    async with ada.deps.store.database.read() as session:
        return {one.group_id for one in await list_followings(session, ada.account.id, 99)}


async def muted(ada: Traveller) -> set[tuple[RecordId, int]]:
    async with ada.deps.store.database.read() as session:
        return {(one.group, one.member) for one in await list_blocks(session, ada.account.id, 99)}
