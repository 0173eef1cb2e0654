"""What one press of a button does to a post or paragraph: vote, hide for oneself, mute, delete, restore.

Each sets a state and doesn't toggle it: if it is pressed or sent twice, the state is the same, and no second record is
written.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import load_member_votes
from models.content.posts_and_votes import load_post
from models.people.accounts import Account, load_membership
from models.people.mutes import delete_block, put_block
from moderation.lens import Lens
from pod.actions.access import open_group
from pod.actions.posts.records import write_record
from pod.actions.reading.post.text import load_reading, load_text
from pod.actions.signer import Person
from pod.deps import Deps
from pod.rules.groups import GroupRule
from pod.rules.posts import PostRule
from protocol.content import Text, member_writer
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, Address, Mark, ParagraphTarget, Patch, PatchAddress, PostTarget, Vote
from protocol.records.drafts import draft

HIDDEN = -1000
FULL = 1000
PERSON = 1  # the number of a personal group's owner in it


async def cast_vote(
    deps: Deps, signer: Person, group: RecordId, target: PostTarget | ParagraphTarget, value: int
) -> None:
    """Set the account's vote on a target in a group to `value`, in thousandths; 0 withdraws it."""

    async def action(session: AsyncSession) -> None:
        await _vote(session, deps, signer, group, target, value)

    await deps.store.write(action)


async def hide(deps: Deps, signer: Person, target: PostTarget | ParagraphTarget, *, hidden: bool) -> None:
    """Hide a post or paragraph for this account alone (or show it again), by a vote in its personal group."""
    group = signer.account.personal_group
    if group is None:
        raise GroupRule.NO_PERSONAL_GROUP.error()

    async def action(session: AsyncSession) -> None:
        await _vote(session, deps, signer, group, target, HIDDEN if hidden else 0)

    await deps.store.write(action)


async def mute(deps: Deps, account: Account, group: RecordId, member: int, *, muted: bool) -> None:
    """Hide all that a member of a group writes for this account alone (or show it again). Nobody is told."""

    async def action(session: AsyncSession) -> None:
        if muted:
            await put_block(session, account.id, group, member, now=deps.clock())
        else:
            await delete_block(session, account.id, group, member)

    await deps.store.write(action)


async def mute_author(deps: Deps, account: Account, group: RecordId, post: RecordId, *, muted: bool) -> None:
    """Mute the writer of a post; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, account, group)
        card = await load_post(session, group, post)
    if card is None or card.group_id != group:
        raise PostRule.NO_POST_IN_GROUP.error()
    await mute(deps, account, group, card.author, muted=muted)


async def delete_paragraph(deps: Deps, signer: Person, group: RecordId, post: RecordId, address: Address) -> None:
    """Mark one's own paragraph as deleted: it is shown only where others' votes support it."""

    async def action(session: AsyncSession) -> None:
        _, text, _ = await load_text(session, group, post)
        _check_there(text, address)
        standing = text.marks.get((member_writer(group, await _number(session, signer.account, group)), address))
        if standing is None or not standing.deleted:
            await _mark(session, deps, signer, group, post, [Mark(_in_patch(address), deleted=True)])

    await deps.store.write(action)


async def restore_paragraph(
    deps: Deps, signer: Person, group: RecordId, post: RecordId, address: Address, *, bench: RecordId
) -> None:
    """Show a hidden paragraph again: its writer takes marks back; anybody else votes for it in `bench`."""

    async def action(session: AsyncSession) -> None:
        reading = await load_reading(session, deps, signer.account, group, post, Lens((bench,)))
        text = reading.text
        _check_there(text, address)
        membership = await load_membership(session, signer.account.id, group)
        writer = member_writer(group, membership.number or 0) if membership else None
        if writer == text.writer == text.writer_of(address):
            marks = marks_to_restore(text, address)
            await _mark(session, deps, signer, group, post, marks)
        else:
            await _vote(session, deps, signer, bench, ParagraphTarget(address), FULL)

    await deps.store.write(action)


def marks_to_restore(text: Text, address: Address) -> list[Mark]:
    """The marks with which a post's writer makes one paragraph of a slot the shown one again.

    The paragraph's own mark is taken back. The writer's unmarked paragraphs of the slot get marks that lead to it.
    """
    own = (text.writer, address)
    marks = [Mark(_in_patch(address))] if own in text.marks else []
    for other in text.slots.get(address, ()):
        unmarked = (text.writer, other) not in text.marks
        if other != address and unmarked and text.writer_of(other) == text.writer:
            marks.append(Mark(_in_patch(other), replaced_by=_in_patch(address)))
    return marks


async def _vote(
    session: AsyncSession,
    deps: Deps,
    signer: Person,
    group: RecordId,
    target: PostTarget | ParagraphTarget,
    value: int,
) -> None:
    number = await _number(session, signer.account, group)
    token = target.token
    if (await load_member_votes(session, group, number, [token])).get(token, 0) == value:
        return
    vote = Vote(target=target, value=value, **UNSIGNED)
    await write_record(session, deps, signer, group, draft(vote))


async def _number(session: AsyncSession, account: Account, group: RecordId) -> int:
    membership = await load_membership(session, account.id, group)
    if membership is None or membership.number is None:
        raise GroupRule.NOT_A_MEMBER_YET.error()
    return membership.number


async def _mark(
    session: AsyncSession, deps: Deps, signer: Person, group: RecordId, post: RecordId, marks: list[Mark]
) -> None:
    if marks:
        await write_record(session, deps, signer, group, draft(Patch(post=post, marks=tuple(marks), **UNSIGNED)))


def _check_there(text: Text, address: Address) -> None:
    sheet = text.sheets.get(address.record)
    if sheet is None or address.index >= len(sheet.paragraphs):
        raise PostRule.NO_SUCH_PARAGRAPH.error()
    if sheet.paragraphs[address.index] is None:
        raise PostRule.PARAGRAPH_ERASED.error()


def _in_patch(address: Address) -> PatchAddress:
    return PatchAddress(address.index, address.record)
