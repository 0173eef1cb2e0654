"""Local people are notified of what concerns them, in the action that stores it.

They are told of: a reply to their post or paragraph, an edit of their post, a vote with a reason on what they wrote, a
group that reposts their post, a join of theirs that was sealed, somebody who joined by their invitation, a wish of
theirs that the rules came to refuse or that too few signed, a wish of others that waits for their signature, another
weight that somebody gave them, whether their proposal in a poll can be chosen, and a group that they keep whose steward
is silent. What is decided in their own name they are told, too, also by mail. Nobody
is told of what a muted writer does, of what they do themselves in another group, or of a group that they may not find;
a changed vote gives no second notification. Records older than a month came by a pull, as history, and give none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import list_accounts_of, list_met
from models.content.posts_and_votes import target_key
from models.content.projections import Accepted
from models.groups.record_authors import RecordAuthor, load_record_authors
from models.people.accounts import Account
from models.people.decision_notices import count_decision
from models.people.notifications import News, insert_news
from pod.actions.record_kinds import REPLY, TELLING
from protocol.ids import RecordId
from protocol.records.content import Authored, Vote
from protocol.records.envelope import Record

OLDEST_MS: Final = 30 * 86_400_000
JOINED: Final = "joined"
INVITED: Final = "invited"
HANDOVER: Final = "handover"
VOID: Final = "void"
PROPOSED: Final = "proposed"
LAPSED: Final = "lapsed"
DECIDED: Final = "decided"
WEIGHED: Final = "weighed"
STANDS: Final = "stands"
LATE: Final = "late"


async def note_contents(session: AsyncSession, accepted: Sequence[Accepted], *, now: int) -> None:
    """Notify the authors of the things that these records answer, edit or judge."""
    concerning = {record.id: told for record in accepted if (told := _concerns(record, now)) is not None}
    if not concerning:
        return
    things = await load_record_authors(session, {thing for _, thing, _ in concerning.values()})
    homes = await _accounts_of(session, {(thing.group_id, thing.author) for thing in things.values()})
    doers = await _accounts_of(
        session, {(one.group, concerning[one.id][2]) for one in accepted if one.id in concerning}
    )
    news: list[News] = []
    for record in accepted:
        kind, thing, author = concerning.get(record.id, ("", record.id, 0))
        about = things.get(thing) if kind else None
        account = homes.get((about.group_id, about.author)) if about else None
        if about is None or account is None or account == doers.get((record.group, author)):
            continue
        if about.group_id != record.group and not await list_met(session, account, [record.group]):
            continue
        post, voted = _post_of(kind, record.id, about), _voted(record)
        news.append(News(account, kind, record.group, record.id, author, now, post, about=voted))
    await insert_news(session, news)


async def _accounts_of(
    session: AsyncSession, members: Collection[tuple[RecordId, int | None]]
) -> dict[tuple[RecordId, int | None], int]:
    """The local accounts of these (group, number) pairs, with one query per group."""
    authors: dict[RecordId, set[int]] = {}
    for group, number in members:
        if number is not None:
            authors.setdefault(group, set()).add(number)
    return {
        (group, number): account
        for group, numbers in authors.items()
        for number, account in (await list_accounts_of(session, group, numbers)).items()
    }


def _concerns(record: Accepted, now: int) -> tuple[str, RecordId, int] | None:
    """(kind, thing that it is about, the thing's author) if that author may want to be notified; else None."""
    kind, content = TELLING.of(record.type), record.content
    if kind is None or kind.concerns is None or not isinstance(content, Authored) or content.at < now - OLDEST_MS:
        return None
    concern = kind.concerns(content)
    return (concern.kind, concern.thing, content.author) if concern else None


def _voted(record: Accepted) -> bytes | None:
    """The thing that a vote is about; None if the vote only changes an earlier one."""
    return target_key(record.content.target.token) if isinstance(record.content, Vote) else None


def _post_of(kind: str, record: RecordId, about: RecordAuthor) -> RecordId | None:
    """The post on which the reader finds it; a reply is a post of its own."""
    return record if kind == REPLY else about.id if about.type == "Post" else None


async def note_joined(
    session: AsyncSession, group: RecordId, accounts: Collection[int], item: RecordId, *, now: int
) -> None:
    """Notify people that they are members now."""
    await insert_news(session, [News(account, JOINED, group, item, 0, now) for account in accounts])


async def note_invited(
    session: AsyncSession, group: RecordId, joins: Sequence[tuple[RecordId, int, int]], *, now: int
) -> None:
    """Notify the inviter of each (join, inviter, new member)."""
    accounts = await list_accounts_of(session, group, {inviter for _, inviter, _ in joins})
    news = [
        News(accounts[inviter], INVITED, group, join, member, now)
        for join, inviter, member in joins
        if inviter in accounts
    ]
    await insert_news(session, news)


async def note_weighed(
    session: AsyncSession, group: RecordId, changes: Sequence[tuple[RecordId, int, int]], *, at: int, now: int
) -> None:
    """Notify the member of each (operation, author, member) of another weight than before; `at`: of the item."""
    if at < now - OLDEST_MS:
        return
    accounts = await list_accounts_of(session, group, {member for _, _, member in changes})
    news = [
        News(accounts[member], WEIGHED, group, operation, author, now)
        for operation, author, member in changes
        if member in accounts and member != author
    ]
    await insert_news(session, news)


async def note_proposals(
    session: AsyncSession, group: RecordId, proposals: Sequence[tuple[RecordId, int, bool]], *, now: int
) -> None:
    """Notify the author of each (proposal, author, whether it can be chosen) in a poll whose proposals have ended."""
    accounts = await list_accounts_of(session, group, {author for _, author, _ in proposals})
    news = [
        News(accounts[author], STANDS if stands else LATE, group, proposal, 0, now)
        for proposal, author, stands in proposals
        if author in accounts
    ]
    await insert_news(session, news)


async def note_void(
    session: AsyncSession,
    group: RecordId,
    operation: RecordId,
    *,
    now: int,
    author: int = 0,
    accounts: Collection[int] = (),
) -> None:
    """Notify an operation's author, or the people who asked to join by it, that the group's rules now refuse it."""
    told = [*accounts, *(await list_accounts_of(session, group, {author} if author else set())).values()]
    await insert_news(session, [News(account, VOID, group, operation, 0, now) for account in told])


async def note_proposed(
    session: AsyncSession, group: RecordId, operation: RecordId, author: int, asked: Collection[int], *, now: int
) -> None:
    """Notify the members whose signature an operation waits for."""
    accounts = await list_accounts_of(session, group, asked)
    await insert_news(
        session, [News(account, PROPOSED, group, operation, author, now) for account in accounts.values()]
    )


async def note_lapsed(session: AsyncSession, group: RecordId, operation: RecordId, author: int, *, now: int) -> None:
    """Notify an operation's author that too few members signed it in time."""
    accounts = await list_accounts_of(session, group, {author})
    await insert_news(session, [News(account, LAPSED, group, operation, 0, now) for account in accounts.values()])


async def note_decided(session: AsyncSession, account: Account, record: Record, *, now: int) -> None:
    """Tell somebody what was signed in their name, by the news and by mail: it may not have been them."""
    await insert_news(session, [News(account.id, DECIDED, record.group, record.id, 0, now)])
    await count_decision(session, account.id, now=now)


async def note_silence(
    session: AsyncSession, group: RecordId, keepers: Collection[int], anchor: RecordId, *, now: int
) -> None:
    """Notify keepers who live here that a handover failed; once for each settled item."""
    accounts = await list_accounts_of(session, group, keepers)
    await insert_news(session, [News(account, HANDOVER, group, anchor, 0, now) for account in accounts.values()])
