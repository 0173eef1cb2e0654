"""Why a post or paragraph is shown or hidden: each vote that counts, each layer, and what other groups say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import list_voted, load_group_names, load_sums
from models.groups.records import StoredRecord, load_records
from moderation.explain import Explanation, explain, totals_by_pod
from moderation.lens import Layer, Lens, OwnHide
from moderation.scores import Scale, is_shown
from moderation.shown import lets_through
from pod.actions.access import Reader, open_group, open_those
from pod.actions.chain.views import load_view
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.reading.lens.floor import load_floor
from pod.actions.reading.post.text import VisiblePost, load_reading, writer_of
from pod.actions.reading.post.text_parts import part_of
from pod.actions.reading.post.votes import all_votes
from pod.deps import Deps
from pod.rules.posts import PostRule
from protocol.authorship import check_logged, check_standing
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.content import Address, ParagraphTarget, PostTarget, Token, Vote
from protocol.records.envelope import open_record
from protocol.state import GroupState
from protocol.visibility import Judged, Reason, see
from protocol.votes import CastVote

MOST_OTHERS = 20
MOST_VERIFIED = 200
Target = PostTarget | ParagraphTarget


class VerifiedVotes(msgspec.Struct, frozen=True):
    """How many of the votes' records were verified again, and the faults found in them."""

    checked: int
    faults: tuple[tuple[RecordId, str], ...]


class GroupWhy(msgspec.Struct, frozen=True):
    """The parts of one group's score. `reason`: the resulting verdict on a paragraph; `pods`: votes and sums by pod."""

    group: RecordId
    name: str
    explanation: Explanation
    nicknames: Mapping[int, str]
    pods: Mapping[str, tuple[int, int]]
    shown: bool
    reason: Reason | None
    verified: VerifiedVotes | None


class OtherLens(msgspec.Struct, frozen=True):
    """Another group that voted on the target."""

    group: RecordId
    name: str
    score: int
    shown: bool


class Why(msgspec.Struct, frozen=True):
    """Everything that decides about a target. `judged`: only for a paragraph; `hiding`: the layers that hide it now."""

    reading: VisiblePost
    target: Target
    judged: Judged | None
    hiding: tuple[Layer, ...]
    groups: tuple[GroupWhy, ...]
    floor: tuple[GroupWhy, ...]
    own: tuple[OwnHide, ...]
    others: tuple[OtherLens, ...]
    nicknames: Mapping[int, str]

    @property
    def shown(self) -> bool:
        """Whether the reader sees it."""
        return not self.hiding


async def explain_why(
    deps: Deps, reader: Reader, group: RecordId, post: RecordId, target: Target, lens: Lens, *, verify: bool = False
) -> Why:
    """Explain the verdict on a post, or on a paragraph of it; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        choose = partial(part_of, addresses=[target.paragraph] if isinstance(target, ParagraphTarget) else [])
        reading = await load_reading(session, deps, reader, group, post, lens, choose=choose)
        judged = _judged(reading, target)
        for asked in lens.groups:
            await open_group(session, deps, reader, asked)
        writer = writer_of(reading.text.sheets[judged.address.record]) if judged else (group, reading.card.author)
        numbers = (writer[1],) if writer[0] == group else ()
        return Why(
            reading=reading,
            target=target,
            judged=judged,
            hiding=reading.hiding(judged) if judged else tuple(hide.layer for hide in reading.verdict.hides),
            groups=tuple(
                [
                    await _group_why(session, deps, asked, target, _reason(judged, place), verify=verify)
                    for place, asked in enumerate(lens.groups)
                ]
            ),
            floor=await _floor(session, deps, reader, target),
            own=tuple(reading.layers.own_hides(target.token, writer)),
            others=await _others(session, deps, reader, reading, target),
            nicknames=await load_nicknames(session, deps, group, {reading.card.author, *numbers}),
        )


def _judged(reading: VisiblePost, target: Target) -> Judged | None:
    if isinstance(target, PostTarget):
        if target.post != reading.card.id:
            raise PostRule.TOLD_ELSEWHERE.error()
        return None
    found = next((judged for judged in reading.all_judged if judged.address == target.paragraph), None)
    if found is None:
        raise PostRule.NO_SUCH_PARAGRAPH.error()
    return found


def _reason(judged: Judged | None, place: int) -> Reason | None:
    return judged.reasons[place] if judged else None


async def _group_why(
    session: AsyncSession, deps: Deps, group: RecordId, target: Target, reason: Reason | None, *, verify: bool
) -> GroupWhy:
    state = (await load_view(session, deps, group)).state
    votes = await all_votes(session, group, target.token)
    voters = {vote.member: member for vote in votes if (member := state.members.get(vote.member))}
    weights = {number: member.weight for number, member in voters.items() if not member.left}
    scale = Scale(weights, state.default_score, state.others_weight)
    explanation = explain(scale.for_paragraphs() if isinstance(target, ParagraphTarget) else scale, votes)
    names = await load_group_names(session, [group])
    return GroupWhy(
        group,
        names[group],
        explanation,
        await load_nicknames(session, deps, group, list(voters)),
        totals_by_pod(explanation, {number: member.home.pod for number, member in voters.items()}),
        explanation.shown if reason is None else reason in {Reason.SUPPORTED, Reason.BY_WRITER},
        reason,
        await verify_votes(session, state, votes) if verify else None,
    )


async def _floor(session: AsyncSession, deps: Deps, reader: Reader, target: Target) -> tuple[GroupWhy, ...]:
    """The verdicts of those floor groups that the reader may read; the others' names and votes stay secret."""
    told = await open_those(session, deps, reader, await load_floor(session, deps))
    return tuple([await _group_why(session, deps, group, target, None, verify=False) for group in told])


async def _others(
    session: AsyncSession, deps: Deps, reader: Reader, reading: VisiblePost, target: Target
) -> tuple[OtherLens, ...]:
    """Groups that voted on the target and aren't in the lens, and what each alone would show."""
    account = reader.id if reader else None
    voted = await list_voted(session, target.token, MOST_OTHERS, account=account)
    voted = [found for found in voted if found.group not in reading.lens.groups]
    defaults = {found.group: (await load_view(session, deps, found.group)).state.default_score for found in voted}
    if isinstance(target, PostTarget):
        scores = {found.group: defaults[found.group] + found.sum_micro for found in voted}
        return tuple(OtherLens(g.group, g.name, scores[g.group], is_shown(scores[g.group])) for g in voted)
    slot = reading.text.slots.get(target.paragraph, (target.paragraph,))
    tokens = {address: ParagraphTarget(address).token for address in slot}
    sums = await load_sums(session, [found.group for found in voted], list(tokens.values()))
    return tuple(
        OtherLens(
            found.group, found.name, found.sum_micro, _shows(reading, target.paragraph, found.group, tokens, sums)
        )
        for found in voted
    )


def _shows(
    reading: VisiblePost,
    address: Address,
    group: RecordId,
    tokens: Mapping[Address, Token],
    sums: Mapping[tuple[RecordId, Token], int],
) -> bool:
    """Whether one group alone would show a paragraph; only the paragraphs of its slot are compared."""
    standing = {at: sums.get((group, token), 0) for at, token in tokens.items()}
    found = next(judged for judged in see(reading.text, [standing]) if judged.address == address)
    return lets_through(Lens((group,)), found)


async def verify_votes(session: AsyncSession, state: GroupState, votes: Sequence[CastVote]) -> VerifiedVotes:
    """Verify the votes' records again from their stored bytes: proof, id, author's key, and content."""
    asked = {vote.id: vote for vote in votes[:MOST_VERIFIED]}
    records = await load_records(session, list(asked))
    faults = [(vote.id, _fault(state, records.get(vote.id), vote)) for vote in asked.values()]
    return VerifiedVotes(len(asked), tuple((record, fault) for record, fault in faults if fault))


def _fault(state: GroupState, stored: StoredRecord | None, vote: CastVote) -> str:
    if stored is None:
        return "The record isn't here."
    try:
        record = open_record(msgspec.json.decode(stored.wire))
        content = record.content
        if not isinstance(content, Vote) or record.id != vote.id or record.group != state.group:
            return "The stored bytes are another record's."
        if (content.target.token, content.value, content.author) != (vote.target, vote.value, vote.member):
            return "The record says something else."
        if stored.log_index is None:
            check_standing(state, content.author, content.key, record.signers)
        else:
            check_logged(state, content.author, content.key, record.signers, index=stored.log_index)
    except (RefusedError, msgspec.DecodeError) as error:
        return str(error)
    return ""
