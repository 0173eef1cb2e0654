"""An account as a copy holds it: eight classes of lines, read in pages from any line on, and their totals.

A cursor is the key of the last line that somebody has; "" stands for the beginning. `personal` and `records` only
grow, but for what is erased: who has them goes on from a cursor (in `records` one for each group). The others are read
whole. Whose copy it is was asked before: these functions give one account's lines to nobody in particular.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.boxes import load_box
from models.moving.own_rows import list_hidden_groups
from models.moving.own_settings import OwnChanges, load_own_changes, load_own_settings
from models.people.accounts import Account
from pod.actions.moving.copy_logs import list_personal, list_records, mark_personal, mark_records
from pod.actions.moving.copy_rows import list_actor, list_choices, list_follows, list_memberships
from pod.actions.moving.handed_on import with_handed_on
from pod.actions.signer import PodItself, load_signing_membership, load_staying, signed, signing_key
from pod.actions.sync.page_budget import ENTRIES, PageBudget
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.boxes import box_lines
from protocol.canonical import JsonObject
from protocol.copies import (
    CLASSES,
    MANIFEST,
    PERSONAL,
    RECORDS,
    ClassTotal,
    CopyLine,
    CopyManifest,
    CopyTally,
    manifest_members,
)


async def _list_box(session: AsyncSession, deps: Deps, account: Account, after: str, limit: int) -> list[CopyLine]:
    """The account's box, as it was sealed last."""
    del deps, limit  # it has three parts at most
    box = await load_box(session, account.id)
    return [line for line in box_lines(box.sealed) if line.key > after] if box and box.sealed else []


_READERS: Final = {
    PERSONAL: list_personal,
    "memberships": list_memberships,
    "follows": list_follows,
    "actor": list_actor,
    "box": _list_box,
}


CHOICES: Final = "choices"
_HANDED_ON: Final = ("memberships", "follows", CHOICES, "actor")  # where lines may have come from another pod


class CopyPage(msgspec.Struct, frozen=True):
    """Lines of a class, and the cursor with which the next page begins; None: this is the last one."""

    lines: tuple[CopyLine, ...]
    next: str | None


async def read_class(
    session: AsyncSession,
    deps: Deps,
    account: Account,
    name: str,
    after: str = "",
    *,
    until: str = "",
    private: bool = False,
) -> CopyPage:
    """A page of one class of an account; `private`: `records` and `choices` tell of private groups, too.

    `until`: no line whose key isn't below it is wanted; "": all are. Raises MalformedError for a cursor that no line
    has.
    """
    if name == RECORDS:
        found = await list_records(session, account, after, ENTRIES + 1, until=until, private=private)
    elif name in _READERS or name == CHOICES:
        if name == CHOICES:
            found = await list_choices(session, account, after, ENTRIES + 1, private=private)
        else:
            found = await _READERS[name](session, deps, account, after, ENTRIES + 1)
        if name in _HANDED_ON:
            found = await with_handed_on(session, account.id, name, after, ENTRIES + 1, found)
    else:  # this pod holds no files yet
        found = []
    return page_of([line for line in found if not until or line.key < until])


def page_of(found: Sequence[CopyLine]) -> CopyPage:
    """As many of the lines as fit on a page."""
    budget, lines = PageBudget(), list[CopyLine]()
    for line in found[:ENTRIES]:
        if not budget.take(line.text):
            break
        lines.append(line)
    return CopyPage(tuple(lines), lines[-1].key if len(lines) < len(found) else None)


async def class_pages(
    session: AsyncSession, deps: Deps, account: Account, name: str, *, private: bool = False
) -> AsyncIterator[CopyPage]:
    """A class from its beginning to its end."""
    cursor: str | None = ""
    while cursor is not None:
        page = await read_class(session, deps, account, name, cursor, private=private)
        yield page
        cursor = page.next


async def class_total(
    session: AsyncSession, deps: Deps, account: Account, name: str, *, private: bool = False
) -> ClassTotal:
    """Count, bytes and root of one class, as it stands now; it is read to its end for that."""
    tally = CopyTally()
    async for page in class_pages(session, deps, account, name, private=private):
        tally = tally.add(page.lines)
    return tally.total()


async def read_marks(
    session: AsyncSession, deps: Deps, account: Account, *, private: bool = False, names: Collection[str] = CLASSES
) -> dict[str, str]:
    """For each of these classes, in `records` for each group, a text that stays the same as long as its lines do.

    It costs little where classes may be long: whoever holds a copy asks for these first, and reads what differs. Of
    classes that are read whole it is the root, which isn't made anew while the account's rows are the same (ADR 0081).
    """
    marks: dict[str, str] = {}
    changes = await load_own_changes(session, account.id)
    for name in names:
        if name == RECORDS:
            marks |= {
                f"{RECORDS}/{group}": mark for group, mark in await mark_records(session, account, private=private)
            }
        elif name == PERSONAL:
            marks[PERSONAL] = await mark_personal(session, account)
        else:
            made = partial(class_total, session, deps, account, name, private=private)
            state = await _state_of(session, account, name, changes, private=private)
            marks[name] = (await deps.store.lasting.get((account.id, name, private), state, made)).root
    return marks


async def _state_of(
    session: AsyncSession, account: Account, name: str, changes: OwnChanges, *, private: bool
) -> object:
    """What changes with any line of a class that is read whole."""
    if name == "memberships":
        return changes
    if name != CHOICES:
        return changes.rows
    # A group that is published shows what was chosen in it, and no row of the account is written.
    hidden = () if private else await list_hidden_groups(session, account.id)
    return (changes.rows, await load_own_settings(session, account.id), hidden)


async def signed_manifest(
    session: AsyncSession,
    deps: Deps,
    account: Account,
    *,
    now: int,
    private: bool = False,
    names: Sequence[str] = CLASSES,
) -> JsonObject:
    """What this pod says that these classes of the account are now, signed by its key in the personal group."""
    totals = {name: await class_total(session, deps, account, name, private=private) for name in names}
    return await sign_manifest(session, deps, account, totals, now=now)


async def sign_manifest(
    session: AsyncSession, deps: Deps, account: Account, totals: dict[str, ClassTotal], *, now: int
) -> JsonObject:
    """The manifest of classes that were read already, with these totals."""
    group = account.personal_group
    if group is None:
        raise GroupRule.NO_PERSONAL_GROUP.error()
    membership, _ = await load_signing_membership(session, deps, account, group)
    members = manifest_members(CopyManifest(group, deps.identity.base_url, now, totals))
    holder = await load_staying(session, deps, account, MANIFEST)
    return signed(PodItself(), members, signing_key(deps, holder, membership), now=now)
