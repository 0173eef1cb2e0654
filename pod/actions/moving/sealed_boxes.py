"""The box of an account here: what it holds, sealed for the 24 words, and what a new pod takes out of one.

It is sealed when somebody who copies the account asks, and anew only when that changes which goes in: the ciphertext
stays the same meanwhile, so an unchanged box costs its holder nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.sealed import LoggedOpening, SealedValue, opens
from federation.signatures.keys import rsa_public_pem
from models.decisions.hidden_values import HiddenValue, put_hidden
from models.fediverse.actor_keys import StoredActorKeys, load_actor_keys
from models.groups.records import load_records
from models.moving.boxes import StoredBox, list_unopened, load_box, set_actor_key_in_box, set_box
from models.moving.kept_copies import LineSpan, list_lines
from models.people.accounts import Account, load_membership
from pod.actions.decisions.hidden_values import LOT_KIND, sealed_up, value_of
from pod.actions.fediverse.actors import person_path
from pod.actions.moving.taken_copies import kept_page
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.sync.page_budget import ENTRIES
from pod.actor_keys import MAIN_KEY
from pod.budgets.steps import let_others
from pod.deps import Deps
from protocol.boxes import SUITE, BoxContent, BoxedValue, box_bytes, box_of, info_of, public_key
from protocol.copies import RECORDS
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_BOX_BYTES
from protocol.records.content import LotShare, Sealed
from protocol.records.envelope import Record, open_record, reopen_record

MOST_VALUES: Final = 10_000
_COMMITS: Final = b'"commitment":"'


class OpenedBox(msgspec.Struct, frozen=True):
    """What the words showed: the old actor and its private key (empty: none, or another's), and values not taken."""

    actor: str
    rsa: str
    refused: tuple[RecordId, ...]

    def __repr__(self) -> str:
        return "OpenedBox()"


class _BoxParts(msgspec.Struct, frozen=True):
    """What goes into a box, still sealed for this pod."""

    box: StoredBox
    values: tuple[HiddenValue, ...]
    keys: StoredActorKeys | None

    @property
    def mark(self) -> str:
        """What changes when a box has to be sealed anew."""
        named = [*(value.sealed_id for value in self.values), self.keys.rsa_public if self.keys else ""]
        return sha256("\n".join(named).encode()).hexdigest()


async def bring_box_up(deps: Deps, account: Account) -> None:
    """Seal the account's box anew if what goes in has changed. Without its public half there is none."""
    async with deps.store.database.read() as session:
        parts = await _load_parts(session, account)
    if parts is None or account.personal_group is None or (parts.box.sealed and parts.box.mark == parts.mark):
        return
    content = box_bytes(_content_of(deps, account, account.personal_group, parts))
    sealed = SUITE.encrypt(content, public_key(parts.box.public), info=info_of(account.personal_group))

    async def action(session: AsyncSession) -> None:
        # Somebody may have chosen anew meanwhile whether the actor's key goes in.
        now = await load_box(session, account.id)
        if now is not None and now.actor_key == parts.box.actor_key:
            await set_box(session, account.id, mark=parts.mark, sealed=sealed)

    await deps.store.write(action)


async def box_of_account(deps: Deps, account: Account) -> StoredBox | None:
    """The account's box as it was sealed last."""
    async with deps.store.database.read() as session:
        return await load_box(session, account.id)


async def choose_actor_key(deps: Deps, account: Account, *, kept: bool) -> None:
    """Have the actor's key go into the box, or not."""
    await deps.store.write(lambda session: set_actor_key_in_box(session, account.id, kept=kept))


async def open_kept_box(deps: Deps, account: Account, copy: int, keys: RecoveryKeys) -> OpenedBox | None:
    """Open the box in a copy of this account with its words, and keep the values that are its own.

    None: the copy has no box. Raises BadProofError or MalformedError. It may be called again.
    """
    async with deps.store.database.read() as session:
        lines = (await kept_page(session, copy, "box")).lines
        actor = (await kept_page(session, copy, "actor")).lines
    whole = box_of(lines)
    if whole is None or account.personal_group is None:
        return None
    content = keys.open_box(whole, account.personal_group)
    refused = await take_values(deps, account, copy, content.values)
    told = msgspec.json.decode(actor[0].text) if actor else {}
    fits = told.get("id") == content.actor and is_key_of(content.rsa, str(told.get("rsa", "")))
    return OpenedBox(content.actor, content.rsa if fits else "", refused)


async def take_values(
    deps: Deps, account: Account, copy: int | None, values: Sequence[BoxedValue]
) -> tuple[RecordId, ...]:
    """Keep what a box tells of sealed records, to be opened here; returns the records that refute it or are nowhere.

    Anybody can make a box: a value counts only where a record committed to it, which is here already, or stands in the
    copy's class `records`; None: there is no copy to look into.
    """
    wanted = {parse_id(value.sealed): value for value in values[:MOST_VALUES]}
    async with deps.store.database.read() as session:
        stored = await load_records(session, wanted.keys())
    found = {one.id: reopen_record(one.wire) for one in stored.values()}
    if copy is not None:
        for group in sorted({parse_id(value.group) for sealed, value in wanted.items() if sealed not in found}):
            found |= {record.id: record async for record in _sealed_in(deps, copy, group) if record.id in wanted}
    own = await _numbers_in(deps, account, {record.group for record in found.values()})
    kept = {
        sealed: value
        for sealed, value in wanted.items()
        if (record := found.get(sealed)) is not None and fits(value, record) and _is_by(own, record)
    }

    async def action(session: AsyncSession) -> None:
        for sealed, value in kept.items():
            where = (sealed, account.id, parse_id(value.group), parse_id(value.poll), value.kind, value.round)
            secret = sealed_up(deps, sealed, value.value)
            await put_hidden(session, HiddenValue(*where, value.number, value.salt, secret, None, 0))

    await deps.store.write(action)
    return tuple(sealed for sealed in wanted if sealed not in kept)


async def _numbers_in(deps: Deps, account: Account, groups: Collection[RecordId]) -> dict[RecordId, int]:
    """The account's member number in those of the groups in which it has one."""
    async with deps.store.database.read() as session:
        loaded = [await load_membership(session, account.id, group) for group in sorted(groups)]
    return {one.group_id: one.number for one in loaded if one is not None and one.number is not None}


def _is_by(own: Mapping[RecordId, int], record: Record) -> bool:
    """Whether the account made the record; where it is no member here, only the value proves that."""
    number = own.get(record.group)
    return number is None or getattr(record.content, "author", None) == number


async def _sealed_in(deps: Deps, copy: int, group: RecordId) -> AsyncIterator[Record]:
    """The records of a copy in one group that may commit to something."""
    after, until = f"{group}/", f"{group}0"  # "0" is the sign after "/"
    while True:
        async with deps.store.database.read() as session:
            lines = await list_lines(session, LineSpan(copy, RECORDS, after, until=until), ENTRIES)
        for line in lines:
            if _COMMITS in line.text:
                with suppress(RefusedError):
                    yield open_record(msgspec.json.decode(line.text)["record"])
        if len(lines) < ENTRIES:
            return
        after = lines[-1].key
        await let_others()


def fits(value: BoxedValue, record: Record) -> bool:
    """Whether a value is what a record committed to, in the group, poll and round that it names."""
    said = record.content
    if not isinstance(said, Sealed | LotShare):
        return False
    if (record.group, said.poll, said.round) != (value.group, value.poll, value.round):
        return False
    if isinstance(said, LotShare):
        return value.kind == LOT_KIND and not value.salt and _is_secret_of(value.value, said.commitment)
    told = LoggedOpening(record.id, value.value, value.salt, 0)
    mine = SealedValue(record.id, said.author, said.key, said.counter, said.kind, said.poll, said.commitment, 0)
    return value.kind == said.kind and opens(told, mine)


def is_key_of(rsa: str, public: str) -> bool:
    """Whether a private key in PEM is the other half of an actor's public one."""
    try:
        return rsa_public_pem(rsa.encode()) == public
    except (ValueError, TypeError):  # no PEM, or a key that a password locks
        return False


def _is_secret_of(secret: Any, commitment: str) -> bool:
    try:
        return sha256(bytes.fromhex(secret)).hexdigest() == commitment
    except (ValueError, TypeError):
        return False


async def _load_parts(session: AsyncSession, account: Account) -> _BoxParts | None:
    box = await load_box(session, account.id)
    if box is None:
        return None
    values = await list_unopened(session, account.id, MOST_VALUES)
    keys = await load_actor_keys(session, person_path(account.name)) if box.actor_key else None
    return _BoxParts(box, tuple(values), keys)


def _content_of(deps: Deps, account: Account, group: RecordId, parts: _BoxParts) -> BoxContent:
    """As much as a box may hold: what is opened last stays out where it is too much."""
    path, keys = person_path(account.name), parts.keys
    pem = deps.identity.keyring.unseal(keys.rsa_sealed, f"{keys.path}#{MAIN_KEY}").decode() if keys else ""
    content = BoxContent(group, f"{deps.identity.base_url}/{path}", (), pem)
    left, values = MAX_BOX_BYTES - len(box_bytes(content)) - len(',"values":[]'), list[BoxedValue]()
    for hidden in parts.values:
        value = boxed_value(deps, hidden)
        left -= len(box_bytes(msgspec.structs.replace(content, values=(value,)))) - len(box_bytes(content))
        if left < 0:
            break
        values.append(value)
    return msgspec.structs.replace(content, values=tuple(values))


def boxed_value(deps: Deps, hidden: HiddenValue) -> BoxedValue:
    """A value in clear, as it goes into a box or to the pod where the account lives now."""
    return BoxedValue(
        *(hidden.sealed_id, hidden.group_id, hidden.poll_id, hidden.kind, hidden.round, hidden.number, hidden.salt),
        value_of(deps, hidden),
    )
