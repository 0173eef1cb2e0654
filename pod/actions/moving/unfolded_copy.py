"""A verified copy becomes part of the account that it is of: what no log holds is written into its tables here.

1. The classes come in order, page by page, each page in one commit with the place up to which it goes: after a kill it
   goes on there, and what the person changed here meanwhile stays. A row that is here already stays, too.
2. A line that this version understands becomes a row, within the bounds that hold where it is typed. One of a kind of
   tomorrow, and members of tomorrow, are handed on (`handed_on.py`).
3. What isn't the person's to take along, or comes by itself, stays as told (ADR 0072): followers and readers, who say
   so themselves again; memberships, which come by the switch or by the words.
4. A line that can't be written is kept with its reason, for the person.
5. Nothing is delivered, told or mailed: what the account follows is fetched afterwards (`brought_follows.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.kept_copies import load_copy
from models.moving.unfolded_lines import (
    FAILED,
    LINE,
    MEMBERS,
    UnfoldedCopy,
    UnfoldedLine,
    count_unfolded_lines,
    insert_unfolded_lines,
    list_failed,
    load_unfolded,
    save_unfolded,
)
from models.people.accounts import Account, load_account
from pod.actions.moving.copy_classes import CopyPage
from pod.actions.moving.copy_kinds import read_line
from pod.actions.moving.taken_copies import kept_page
from pod.actions.moving.unfolded_rows import RowWriter
from pod.deps import Deps
from pod.rules.brought_lines import BroughtLineRule
from pod.rules.copies import KeptCopyRule
from pod.spreadsheets import spreadsheet
from protocol.canonical import canonical_bytes
from protocol.copies import CopyLine
from protocol.errors import RefusedError

CLASSES: Final = ("choices", "follows", "memberships", "actor")
MOST_FAILED: Final = 10_000
MOST_HANDED_ON: Final = 30_000  # lines of an account: as many as it may have of followers, readers and groups
MOST_HANDED_ON_BYTES: Final = 32 * 1024 * 1024
_DONE: Final = ""


class FailedRow(msgspec.Struct, frozen=True):
    """A line that couldn't be written: its class and key, and the rule that refused (`BroughtLineRule`)."""

    name: str
    key: str
    reason: str


async def unfold_copy(deps: Deps, account_id: int, copy_id: int) -> tuple[FailedRow, ...]:
    """Write a taken copy into its account here; may be asked for again at any time. Returns what couldn't be written.

    Raises NotFoundError for a copy that isn't here, NotNowError for one of another account.
    """
    while not await deps.store.write(partial(_unfold_page, deps=deps, account_id=account_id, copy_id=copy_id)):
        pass
    return await failed_rows(deps, account_id)


async def failed_rows(deps: Deps, account_id: int, most: int = MOST_FAILED) -> tuple[FailedRow, ...]:
    """What an account brought and couldn't be written, by class and key."""
    async with deps.store.database.read() as session:
        failed = await list_failed(session, account_id, most)
    return tuple(FailedRow(one.name, one.key, one.reason) for one in failed)


def failed_table(rows: Sequence[FailedRow], language: str) -> str:
    """The same as CSV for its person, with the sentence of each reason."""
    told = {rule.key: rule.refused().told(language) for rule in BroughtLineRule}
    return spreadsheet(
        ("class", "key", "reason"), ((one.name, one.key, told.get(one.reason, one.reason)) for one in rows)
    )


async def _unfold_page(session: AsyncSession, deps: Deps, account_id: int, copy_id: int) -> bool:
    """Write the next page; returns whether nothing is left."""
    account, kept = await load_account(session, account_id), await load_copy(session, copy_id)
    if kept is None:
        raise KeptCopyRule.NO_SUCH_COPY.error()
    if account is None or account.personal_group != kept.group_id:
        raise BroughtLineRule.COPY_OF_ANOTHER.error()
    so_far = await load_unfolded(session, account_id, copy_id)
    if so_far is None or so_far.begun_at != kept.begun_at:
        so_far = UnfoldedCopy(account_id, copy_id, kept.begun_at, kept.pod, CLASSES[0])
    if so_far.name == _DONE:
        return True
    page = await kept_page(session, copy_id, so_far.name, so_far.after)
    writer = RowWriter(session, deps, account, kept)
    await _write_lines(session, writer, account, so_far.name, page.lines)
    after = _after(so_far, page)
    await save_unfolded(session, after)
    return after.name == _DONE


def _after(so_far: UnfoldedCopy, page: CopyPage) -> UnfoldedCopy:
    if page.next is not None:
        return msgspec.structs.replace(so_far, after=page.next)
    following = CLASSES.index(so_far.name) + 1
    return msgspec.structs.replace(so_far, name=(*CLASSES, _DONE)[following], after="")


async def _write_lines(
    session: AsyncSession, writer: RowWriter, account: Account, name: str, lines: Sequence[CopyLine]
) -> None:
    brought: list[UnfoldedLine] = []
    for line in lines:
        try:
            brought += await _write_line(writer, account, name, line)
        except RefusedError as error:
            reason = error.refused.rule.key
            brought.append(UnfoldedLine(account.id, name, FAILED, line.key, line.text, reason))
    failed = [one for one in brought if one.standing == FAILED]
    handed_on = [one for one in brought if one.standing != FAILED]
    failed += await _hand_on(session, account, handed_on)
    there, _ = await count_unfolded_lines(session, account.id, [FAILED])
    await insert_unfolded_lines(session, failed[: max(0, MOST_FAILED - there)])


async def _write_line(writer: RowWriter, account: Account, name: str, line: CopyLine) -> list[UnfoldedLine]:
    """Write a line; returns what of it is to be handed on."""
    read = read_line(name, line)
    written = read.said is not None and await writer.write(read.said)
    if not written:
        return [UnfoldedLine(account.id, name, LINE, line.key, line.text)]
    return [UnfoldedLine(account.id, name, MEMBERS, line.key, _text(read.more))] if read.more else []


def _text(members: Mapping[str, object]) -> bytes:
    return canonical_bytes(dict(members))


async def _hand_on(session: AsyncSession, account: Account, lines: Sequence[UnfoldedLine]) -> list[UnfoldedLine]:
    """Keep lines to be handed on, as many as an account may have; returns the others, as failed ones."""
    count, size = await count_unfolded_lines(session, account.id, [LINE, MEMBERS])
    fitting: list[UnfoldedLine] = []
    for line in lines:
        count, size = count + 1, size + len(line.text)
        if count > MOST_HANDED_ON or size > MOST_HANDED_ON_BYTES:
            break
        fitting.append(line)
    await insert_unfolded_lines(session, fitting)
    reason = BroughtLineRule.BEYOND_BOUND.key
    return [msgspec.structs.replace(line, standing=FAILED, reason=reason) for line in lines[len(fitting) :]]
