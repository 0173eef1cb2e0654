"""Posts of other software become posts of a group: with their own dates, and without news of it to anybody.

Rules of this file (portability.md §5, ADR 0068):

1. Public posts are taken; unlisted ones if their person says so; all others only into a private group.
2. Nobody is told: no follower, no notification, no home has them as new. Pods of the group's members get the records.
3. A post that is here already, by its old address, isn't written again: a job that was stopped is begun again.
4. It pays as its person's own writing does, but leaves half of that person's room to what they write meanwhile.
5. What can't become a post is refused with its row, and the others are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.elsewhere.foreign_posts import ForeignEntry, ForeignPost
from federation.elsewhere.rows import RefusedRow
from federation.rules.elsewhere import ElsewhereRule
from models.content.imported_posts import find_imported
from models.groups.records import load_pending_sizes
from pod.actions.access import open_group
from pod.actions.posts.records import write_untold
from pod.actions.seen_words import check_seen
from pod.actions.signer import Person, load_signing_membership
from pod.budgets.written_bytes import AT_ONCE_BYTES
from pod.deps import Deps
from protocol.canonical import canonical_bytes
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.limits import MAX_PENDING_BYTES, MAX_PENDING_RECORDS, MAX_RECORD_BYTES, MAX_URL_LENGTH, MAX_VOTE
from protocol.records.content import UNSIGNED, Imported, Post, PostTarget, ReplyTo, Vote
from protocol.records.drafts import Draft, draft

AT_ONCE: Final = 20  # posts in one commit: a longer one would make others wait
_HEADER_BYTES: Final = 1024  # of a record's header, proof, and what it answers


class ImportWish(msgspec.Struct, frozen=True):
    """`unlisted`: take these, too. `proven`: the old actor, if its document names the one who imports."""

    unlisted: bool = False
    proven: str = ""


class ImportTold(msgspec.Struct):
    """What an import did. `known`: were here already; `files`: of the posts written, those that came without them.

    `stopped`: the pause said that there is no room yet; the same file is taken up later.
    """

    written: int = 0
    known: int = 0
    files: int = 0
    refused: list[RefusedRow] = []
    stopped: bool = False


class Pause(Protocol):
    """Awaited before each commit with what was done so far, and again and again while there is no room."""

    async def __call__(self, told: ImportTold, /, *, room: bool) -> bool:
        """False ends the import."""


class _Import(msgspec.Struct):
    """An import on its way. `places`: the record of each post of the file, for those that answer it."""

    signer: Person
    group: RecordId
    wish: ImportWish
    told: ImportTold
    is_private: bool
    places: dict[str, RecordId] = {}


async def import_posts(
    deps: Deps, signer: Person, group: RecordId, entries: Iterable[ForeignEntry], wish: ImportWish, pause: Pause
) -> ImportTold:
    """Write what can become posts of the group, as `pause` lets it."""
    async with deps.store.database.read() as session:
        state = (await open_group(session, deps, signer.account, group)).state
        _, number = await load_signing_membership(session, deps, signer.account, group)
    job = _Import(signer, group, wish, ImportTold(), state.visibility == "private")
    taken = _taken(job, entries)
    while posts := list(islice(taken, AT_ONCE)):
        room = False
        while not room:
            room = await _has_room(deps, group, number)
            if not await pause(job.told, room=room):
                job.told.stopped = True
                return job.told
        await _write_some(deps, job, posts)
    return job.told


def _taken(job: _Import, entries: Iterable[ForeignEntry]) -> Iterator[ForeignPost]:
    """The posts that may go into the group; the others are noted as refused."""
    for entry in entries:
        match entry:
            case RefusedRow():
                job.told.refused.append(entry)
            case ForeignPost(audience=audience):
                open_to = {"public", "unlisted"} if job.wish.unlisted else {"public"}
                if audience not in open_to and not job.is_private:
                    refused = ElsewhereRule.ROW_NOT_PUBLIC.refused(audience=audience)
                elif _fits(draft(_post_of(entry, job.wish, None))):
                    yield entry
                    continue
                else:
                    refused = ElsewhereRule.ROW_NOT_A_POST.refused()
                job.told.refused.append(RefusedRow(entry.file, entry.row, refused, (entry.id,)))
            case _:
                refused = ElsewhereRule.ROW_NOT_READ.refused(kind="Announce")
                job.told.refused.append(RefusedRow(entry.file, entry.row, refused, (entry.of,)))


async def _has_room(deps: Deps, group: RecordId, number: int) -> bool:
    """Whether half of what its author may have waiting, and may write at once, is left to them."""
    async with deps.store.database.read() as session:
        count, size = (await load_pending_sizes(session, group, {number})).get(number, (0, 0))
    left = deps.memory.written.left(group, number, now=deps.clock())
    return count * 2 < MAX_PENDING_RECORDS and size * 2 < MAX_PENDING_BYTES and left * 2 > AT_ONCE_BYTES


async def _write_some(deps: Deps, job: _Import, posts: list[ForeignPost]) -> None:
    """Write those of the posts that aren't here yet, in one commit."""

    async def action(session: AsyncSession) -> tuple[dict[str, RecordId], list[ForeignPost]]:
        found = await find_imported(session, job.group, {url_of(post) for post in posts})
        here = {post.id: found[url_of(post)] for post in posts if url_of(post) in found}
        new = list({post.id: post for post in posts if post.id not in here}.values())
        for post in new:
            answered = here.get(post.reply_to) or job.places.get(post.reply_to)
            here[post.id] = await _write(session, deps, job, _post_of(post, job.wish, answered))
        return here, new

    here, new = await deps.store.write(action)
    job.places |= here
    job.told.written += len(new)
    job.told.known += len(posts) - len(new)
    job.told.files += sum(bool(post.attachments) for post in new)


async def _write(session: AsyncSession, deps: Deps, job: _Import, post: Post) -> RecordId:
    """Write a post and its author's vote: posting is voting."""
    record = await write_untold(session, deps, job.signer, job.group, draft(post))
    vote = Vote(target=PostTarget(record.id), value=MAX_VOTE, **UNSIGNED)
    await write_untold(session, deps, job.signer, job.group, draft(vote))
    return record.id


def url_of(post: ForeignPost) -> str:
    """The address by which an imported post is known: its page, or what its file called it."""
    return (post.url or post.id)[:MAX_URL_LENGTH]


def _post_of(post: ForeignPost, wish: ImportWish, answered: RecordId | None) -> Post:
    """The post as a record says it. A warning is its title, too, where it has none."""
    return Post(
        kind="article" if post.title else "note",
        title=post.title or post.warning,
        language=post.language,
        paragraphs=post.paragraphs,
        reply_to=ReplyTo(record=answered) if answered else None,
        imported=Imported(
            url=url_of(post),
            published=post.at,
            from_=wish.proven,
            author="" if "://" in post.author else post.author,
            warning=post.warning,
        ),
        **UNSIGNED,
    )


def _fits(said: Draft) -> bool:
    """Whether the draft can become a record that shows something."""
    try:
        check_seen(said.members)
        return len(canonical_bytes(said.members)) < MAX_RECORD_BYTES - _HEADER_BYTES and bool(
            said.members["paragraphs"]
        )
    except RefusedError:
        return False
