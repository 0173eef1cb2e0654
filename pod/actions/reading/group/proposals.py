"""What waits for signatures in a group, for those who may give them: who signed, how many are lacking, until when."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.proposed_operations import list_proposed
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.chain.proposed_operations import LASTS_MS
from pod.actions.private_groups import counts
from pod.actions.reading.group.profiles import NOBODY, load_visible_profiles
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.needed_signatures import needed_signatures, signed_by
from protocol.records.envelope import Record, reopen_record
from protocol.records.operation import Operation


class SignatureLine(msgspec.Struct, frozen=True):
    """A member who may sign a proposal, and whether they have signed."""

    number: int
    nickname: str
    signed: bool


class ProposalSight(msgspec.Struct, frozen=True):
    """A proposal, for a member who may sign it; `lacking`: how many more signatures it needs."""

    record: Record
    author: int
    at: int
    expires: int
    needed: int
    lacking: int
    signatures: tuple[SignatureLine, ...]
    mine: bool
    signed: bool

    @property
    def operation(self) -> Operation:
        """The operation that is proposed."""
        operation = self.record.content
        assert isinstance(operation, Operation)
        return operation


class OpenProposals(msgspec.Struct, frozen=True):
    """How many proposals wait for the reader's signature, and how many that they signed wait for others'."""

    unsigned: int = 0
    signed: int = 0


class ProposalsSight(msgspec.Struct, frozen=True):
    """The proposals that a reader may sign, and the nicknames of the members in them."""

    proposals: tuple[ProposalSight, ...]
    nicknames: dict[int, str]


async def list_proposals(deps: Deps, reader: Reader, group: RecordId) -> ProposalsSight:
    """The proposals that the reader may sign, the oldest first; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        found = await _proposals_in(session, deps, opened)
        numbers = {line.number for one in found for line in one.signatures} | {one.author for one in found}
        profiles = await load_visible_profiles(session, deps, opened, numbers)
    nicknames = {number: profiles.get(number, NOBODY).nickname for number in numbers}
    named = tuple(
        msgspec.structs.replace(
            one,
            signatures=tuple(msgspec.structs.replace(line, nickname=nicknames[line.number]) for line in one.signatures),
        )
        for one in found
    )
    return ProposalsSight(named, nicknames)


async def count_open(session: AsyncSession, deps: Deps, opened: ReadableGroup) -> OpenProposals:
    """How many proposals the reader hasn't signed yet, and how many they have."""
    found = await _proposals_in(session, deps, opened)
    signed = sum(one.signed for one in found)
    return OpenProposals(len(found) - signed, signed)


async def _proposals_in(session: AsyncSession, deps: Deps, opened: ReadableGroup) -> list[ProposalSight]:
    if opened.member is None or not counts(opened.member):
        return []
    since, number = deps.clock() - LASTS_MS, opened.member.number
    sights = []
    for proposed in await list_proposed(session, opened.id):
        record = reopen_record(proposed.wire)
        assert isinstance(record.content, Operation)
        needed = needed_signatures(opened.state, record.content)
        if needed is None or number not in needed.of or proposed.at <= since:
            continue
        signed = signed_by(opened.state, needed, record.signers)
        lines = tuple(SignatureLine(one, "", one in signed) for one in needed.of)
        sights.append(
            ProposalSight(
                record=record,
                author=proposed.author,
                at=proposed.at,
                expires=proposed.at + LASTS_MS,
                needed=needed.count,
                lacking=max(needed.count - len(signed), 0),
                signatures=lines,
                mine=proposed.author == number,
                signed=number in signed,
            )
        )
    return sights
