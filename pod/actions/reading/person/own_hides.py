"""What an account hides for itself: posts and paragraphs by votes in its personal group, writers by muting them."""

from __future__ import annotations

import msgspec

from models.content.lens_sources import list_hidden
from models.people.accounts import Account
from models.people.mutes import list_blocks
from pod.actions.access import open_those
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.reading.post.cards import VisibleCard
from pod.actions.reading.post.shown_things import load_named_things
from pod.deps import Deps
from protocol.canonical import parse_json
from protocol.ids import RecordId
from protocol.records.content import ParagraphTarget, PostTarget, Token, parse_target

MOST_HIDES = 200
MAX_TARGET_BYTES = 4096
PERSON = 1


class HiddenThing(msgspec.Struct, frozen=True):
    """A hidden post or paragraph; `card` is its post, None if the account can't read that."""

    target: PostTarget | ParagraphTarget
    at: int
    card: VisibleCard | None


class MutedWriter(msgspec.Struct, frozen=True):
    """A muted member of a group."""

    group: RecordId
    group_name: str
    member: int
    nickname: str
    at: int


class Hides(msgspec.Struct, frozen=True):
    """What an account hides, the latest first; `more`: one of the lists is cut."""

    things: tuple[HiddenThing, ...]
    writers: tuple[MutedWriter, ...]
    more: bool


async def list_hides(deps: Deps, account: Account) -> Hides:
    """What the account hides for itself; at most 200 things and 200 writers."""
    async with deps.store.database.read() as session:
        own = account.personal_group
        hidden = await list_hidden(session, own, PERSON, MOST_HIDES + 1) if own else []
        targets = [(target, found.at) for found in hidden[:MOST_HIDES] if (target := _target(found.token)) is not None]
        records = {_record(target) for target, _ in targets}
        cards = await load_named_things(session, deps, account, records)
        muted = await list_blocks(session, account.id, MOST_HIDES + 1)
        blocks = muted[:MOST_HIDES]
        opened = await open_those(session, deps, account, {block.group for block in blocks})
        names = {group: found.name for group, found in opened.items()}
        members = {group: {block.member for block in blocks if block.group == group} for group in names}
        nicknames = {group: await load_nicknames(session, deps, group, numbers) for group, numbers in members.items()}
    return Hides(
        tuple(HiddenThing(target, at, cards.get(_record(target))) for target, at in targets),
        tuple(
            MutedWriter(
                block.group,
                names.get(block.group, ""),
                block.member,
                nicknames.get(block.group, {}).get(block.member, ""),
                block.created_at,
            )
            for block in blocks
        ),
        len(hidden) > MOST_HIDES or len(muted) > MOST_HIDES,
    )


def _target(token: Token) -> PostTarget | ParagraphTarget | None:
    target = parse_target(parse_json(token.encode(), max_bytes=MAX_TARGET_BYTES, max_depth=3))
    return target if isinstance(target, PostTarget | ParagraphTarget) else None


def _record(target: PostTarget | ParagraphTarget) -> RecordId:
    return target.post if isinstance(target, PostTarget) else target.paragraph.record
