"""Whom an account follows and mutes and who follows it, as the CSV files that Mastodon writes and reads.

An address is that of somebody's own page, or a group's, at a pod that speaks for it. Members are known by a number in
their group: of those that say nowhere who they are there is no address, so they stand in `classes/choices.jsonl` alone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from federation.addresses import normal_authority
from models.fediverse.actor_keys import load_owner_name
from models.people.accounts import Account
from models.people.mutes import list_blocks
from models.people.subscriptions import list_followings
from pod.actions.access import open_those
from pod.actions.fediverse.actor_documents import handle_host
from pod.actions.groups.subscriptions import MOST_FOLLOWED
from pod.actions.moving.copy_classes import class_pages
from pod.archive.contents import BLOCKED, BLOCKED_DOMAINS, BOOKMARKED, FOLLOWERS, FOLLOWING, LISTS, MUTED
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.state import GroupState

MOST_MUTED: Final = 100_000
FOLLOWING_COLUMNS: Final = ("Account address", "Show boosts", "Notify on new posts", "Languages")
MUTED_COLUMNS: Final = ("Account address", "Hide notifications")


async def archive_lists(session: AsyncSession, deps: Deps, account: Account) -> Mapping[str, bytes]:
    """The files by name. Those for what a pod doesn't have are empty, as an empty one of Mastodon's is."""
    followed = await _followed(session, deps, account)
    muted = await _muted(session, deps, account)
    return {
        FOLLOWING: _csv(FOLLOWING_COLUMNS, ((address, "true", "false", "") for address in followed)),
        MUTED: _csv(MUTED_COLUMNS, ((address, "true") for address in muted)),
        BLOCKED: b"",
        BLOCKED_DOMAINS: b"",
        BOOKMARKED: b"",
        LISTS: b"",
        FOLLOWERS: _csv((), ([actor] for actor in await _followers(session, deps, account))),
    }


async def _followed(session: AsyncSession, deps: Deps, account: Account) -> list[str]:
    groups = [following.group_id for following in await list_followings(session, account.id, MOST_FOLLOWED)]
    found = []
    for group in groups:
        found += await _addresses(session, deps, account, [group])
    return found


async def _muted(session: AsyncSession, deps: Deps, account: Account) -> list[str]:
    found: dict[str, None] = {}
    for mute in await list_blocks(session, account.id, MOST_MUTED):
        opened = (await open_those(session, deps, account, [mute.group])).get(mute.group)
        member = opened.state.members.get(mute.member) if opened else None
        if member is not None and member.identity is not None:
            found |= dict.fromkeys(await _addresses(session, deps, account, [member.identity]))
    return list(found)


async def _addresses(session: AsyncSession, deps: Deps, account: Account, groups: Sequence[RecordId]) -> list[str]:
    """The addresses of those of the groups that everybody may read; nobody else could follow the others."""
    opened = await open_those(session, deps, account, groups)
    return [await _address(session, deps, one.state) for one in opened.values() if one.state.visibility != "private"]


async def _address(session: AsyncSession, deps: Deps, state: GroupState) -> str:
    name = await load_owner_name(session, state.group) if state.kind == "person" else None
    if name is not None:
        return f"{name}@{handle_host(deps)}"
    url = URL(state.steward.pod)
    return f"{state.group}@{normal_authority(url.host_port_subcomponent or '', url.scheme)}"


async def _followers(session: AsyncSession, deps: Deps, account: Account) -> list[str]:
    """Actors of other servers, by the addresses of their documents: their names were never asked for."""
    found: list[str] = []
    async for page in class_pages(session, deps, account, "follows"):
        told = [msgspec.json.decode(line.text) for line in page.lines]
        found += [one["actor"] for one in told if one["kind"] == "follower"]
    return found


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """As Ruby's CSV writes it: UTF-8 without a mark, lines that end in a line feed."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    if columns:
        table.writerow(columns)
    table.writerows(rows)
    return out.getvalue().encode()
