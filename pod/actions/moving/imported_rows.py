"""One row of another software's list comes to something here: whom it names is followed or muted, or it says why not.

1. Only people and groups of servers of this software can be followed or muted: others aren't known here at all.
2. A row that was tried before changes nothing when it is tried again.
3. Nobody is told, but for the pods of who is followed: a following is theirs to know.
4. A name costs its server two questions and, if its group isn't here, a fetch. So rows are counted, by account and by
   server; one that may not be tried yet waits.
"""

from __future__ import annotations

from typing import Final

from federation.errors import BusyError, RemoteError
from models.moving.brought_files import ImportedRow
from models.people.accounts import Account
from models.people.mutes import list_blocks
from models.people.subscriptions import list_followings, load_following
from pod.actions.access import open_group, open_those
from pod.actions.groups.pasted_links import PastedLink, resolve
from pod.actions.groups.subscriptions import MOST_FOLLOWED, bring_here, change_following
from pod.actions.moving.brought_files import WishedRow, refused_row
from pod.actions.posts.votes_and_marks import PERSON, mute
from pod.deps import Deps
from pod.errors import TooManyTriesError
from pod.rules.groups import GroupRule
from pod.rules.imports import ImportRule
from protocol.errors import ENGLISH, Refused, RefusedError
from protocol.ids import RecordId

MOST_MUTED: Final = 1000
_NOT_HERE: Final = frozenset(
    {
        GroupRule.NEITHER_GROUP_NOR_PERSON,
        GroupRule.NOBODY_THERE,
        GroupRule.NO_POD_THERE,
        GroupRule.ANSWER_NAMES_NO_GROUP,
    }
)
_NOBODY: Final = range(400, 500)


class TriedRow(ImportedRow, frozen=True):
    """What a row came to; `silent`: its server didn't answer, so nobody knows."""

    silent: bool = False


async def try_row(deps: Deps, account: Account, wished: WishedRow) -> TriedRow | None:
    """What the row comes to; None: it may not be tried yet. Never call it inside a write action."""
    try:
        await _take(deps, account, wished.what)
        pasted = await resolve(deps, wished.what)
        group = await (_follow if wished.wish == "follow" else _mute)(deps, account, pasted, wished.what)
    except (BusyError, TooManyTriesError):
        return None
    except RefusedError as error:
        return _told(wished, _why(wished, error.refused))
    except RemoteError as error:
        if error.status in _NOBODY and not error.retry:
            return _told(wished, ImportRule.OTHER_SOFTWARE.refused(what=wished.what))
        return _silent(wished, error)
    return TriedRow(wished.row, group)


async def _take(deps: Deps, account: Account, what: str) -> None:
    """Count the row; raises TooManyTriesError."""
    server = what.rpartition("@")[2] if "://" not in what else what.split("/")[2]
    await deps.store.limits.check("row of an import", str(account.id), now=deps.clock())
    await deps.store.limits.take("row of an import at a server", server, now=deps.clock())
    await deps.store.limits.take("row of an import", str(account.id), now=deps.clock())


async def _follow(deps: Deps, account: Account, pasted: PastedLink, _what: str) -> RecordId:
    if pasted.group == account.personal_group:
        raise ImportRule.YOURSELF.error()
    async with deps.store.database.read() as session:
        held = await load_following(session, account.id, pasted.group) if pasted.group else None
        # Before a group is fetched in vain.
        if held is None and len(await list_followings(session, account.id, MOST_FOLLOWED)) >= MOST_FOLLOWED:
            raise GroupRule.FOLLOWS_TOO_MANY.error()
    group = held.group_id if held else await bring_here(deps, pasted)
    if held is None:
        await change_following(deps, account, group, "follow")
    return group


async def _mute(deps: Deps, account: Account, pasted: PastedLink, what: str) -> RecordId:
    if pasted.group == account.personal_group:
        raise ImportRule.YOURSELF.error()
    async with deps.store.database.read() as session:
        muted = {(one.group, one.member) for one in await list_blocks(session, account.id, MOST_MUTED)}
    if len(muted) >= MOST_MUTED and (pasted.group, PERSON) not in muted:
        raise ImportRule.MUTES_TOO_MANY.error(most=MOST_MUTED)
    group = await bring_here(deps, pasted)
    async with deps.store.database.read() as session:
        kind = (await open_group(session, deps, account, group)).state.kind
    if kind != "person":
        raise ImportRule.NO_PERSON.error(what=what)
    if (group, PERSON) not in muted:
        await mute(deps, account, group, PERSON, muted=True)
    return group


async def end_others(deps: Deps, account: Account, wish: str, reached: frozenset[RecordId], *, before: int) -> None:
    """End the followings, or mutes of people, that began before that time and that the list didn't lead to."""
    if wish == "follow":
        async with deps.store.database.read() as session:
            followed = await list_followings(session, account.id, MOST_FOLLOWED)
        for one in followed:
            if one.group_id not in reached and one.since_at < before:
                await change_following(deps, account, one.group_id, "unfollow")
        return
    async with deps.store.database.read() as session:
        muted = [one for one in await list_blocks(session, account.id, MOST_MUTED) if one.member == PERSON]
        opened = await open_those(session, deps, account, {one.group for one in muted})
    people = {group for group, one in opened.items() if one.state.kind == "person"}
    for mute_of in muted:
        if mute_of.group in people - reached and mute_of.created_at < before:
            await mute(deps, account, mute_of.group, PERSON, muted=False)


def _why(wished: WishedRow, refused: Refused) -> Refused:
    return ImportRule.OTHER_SOFTWARE.refused(what=wished.what) if refused.rule in _NOT_HERE else refused


def _told(wished: WishedRow, refused: Refused) -> TriedRow:
    row = refused_row(wished, refused)
    return TriedRow(row.row, None, row.cells, row.en, row.sv)


def _silent(wished: WishedRow, error: RemoteError) -> TriedRow:
    english, swedish = (ImportRule.SERVER_SILENT.refused(why=error.told(language)) for language in (ENGLISH, "sv"))
    row = refused_row(wished, english)
    return TriedRow(row.row, None, row.cells, row.en, swedish.told("sv"), silent=True)
