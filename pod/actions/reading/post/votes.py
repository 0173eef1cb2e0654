"""Votes on a target, its score, and the score taken apart into lines whose sum it is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import NO_VOTES, Tally, load_tallies
from models.content.posts_and_votes import list_votes as list_cast
from moderation.explain import Explanation, explain, line_sentence, total_sentence, totals_by_pod
from moderation.lens import Lens, Verdict
from moderation.scores import Scale, is_shown
from pod.actions.access import Reader, open_group
from pod.actions.reading.group.groups import name_of
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.reading.lens.verdicts import load_layers
from pod.deps import Deps
from pod.rules.posts import PostRule
from protocol.ids import RecordId
from protocol.records.content import ParagraphTarget, ReactionTarget, Target, Token
from protocol.state import GroupState
from protocol.votes import CastVote, gives_score

PAGE = 1000


class VoteLine(msgspec.Struct, frozen=True):
    """A member's vote that counts, in thousandths; `weight`: the member's present weight."""

    member: int
    value: int
    weight: int
    record: RecordId
    at: int
    reason: str


class VotePage(msgspec.Struct, frozen=True):
    """Votes by member; `next` is the `after` of the next page."""

    votes: tuple[VoteLine, ...]
    next: int | None = None


class ScoreLine(msgspec.Struct, frozen=True):
    """A target's score in micro units with the group's default; `up` and `down`: members with weight above 0.

    `score` is None for reactions, which have none. `appears`: a member with weight ≥ 0 voted for it here.
    """

    target: msgspec.Raw
    score: int | None
    shown: bool
    up: int
    down: int
    votes: int
    appears: bool


class Scores(msgspec.Struct, frozen=True):
    """Scores in the order asked for."""

    scores: tuple[ScoreLine, ...]


class ExplainedLine(msgspec.Struct, frozen=True):
    """One line of the sum: its kind and numbers, and the same as a sentence."""

    kind: str
    amount: int
    sentence: str
    member: int | None = None
    record: RecordId | None = None
    value: int = 0
    weight: int = 0


class PodTotal(msgspec.Struct, frozen=True):
    """How many votes of members of one pod count, and their sum."""

    pod: str
    votes: int
    amount: int


class Explained(msgspec.Struct, frozen=True):
    """Lines whose amounts sum to `total`, which is the score."""

    lines: tuple[ExplainedLine, ...]
    total: int
    shown: bool
    sentence: str
    pods: tuple[PodTotal, ...]


class VerdictLine(msgspec.Struct, frozen=True):
    """The verdicts of the three layers on one target."""

    target: msgspec.Raw
    verdict: Verdict


class Verdicts(msgspec.Struct, frozen=True):
    """Verdicts in the order asked for."""

    verdicts: tuple[VerdictLine, ...]


async def list_votes(
    deps: Deps, reader: Reader, group: RecordId, target: Target, *, after: int, limit: int
) -> VotePage:
    """The votes that count on one target, by member."""
    async with deps.store.database.read() as session:
        state = (await open_group(session, deps, reader, group)).state
        votes = await list_cast(session, group, target.token, limit + 1, after_member=after, weighty=True)
    shown = tuple(
        VoteLine(vote.member, vote.value, _weight(state, vote.member), vote.id, vote.at, vote.reason)
        for vote in votes[:limit]
    )
    return VotePage(shown, shown[-1].member if len(votes) > limit else None)


async def list_scores(deps: Deps, reader: Reader, group: RecordId, targets: Sequence[Target]) -> Scores:
    """The targets' scores in the group; a target that doesn't appear there has a score, too."""
    async with deps.store.database.read() as session:
        state = (await open_group(session, deps, reader, group)).state
        tallies = await load_tallies(session, group, [target.token for target in targets])
    return Scores(tuple(_score(state, target, tallies.get(target.token, NO_VOTES)) for target in targets))


async def explain_score(deps: Deps, reader: Reader, group: RecordId, target: Target) -> Explained:
    """Split the score of a target into its parts; raises MalformedError for a reaction, which has none."""
    if not gives_score(target):
        raise PostRule.REACTION_WITHOUT_SCORE.error()
    async with deps.store.database.read() as session:
        state = (await open_group(session, deps, reader, group)).state
        votes = await all_votes(session, group, target.token)
        nicknames = await load_nicknames(session, deps, group, {vote.member for vote in votes})
    voters = {vote.member: member for vote in votes if (member := state.members.get(vote.member))}
    weights = {number: member.weight for number, member in voters.items() if not member.left}
    scale = Scale(weights, state.default_score, state.others_weight)
    explained = explain(scale.for_paragraphs() if isinstance(target, ParagraphTarget) else scale, votes)
    names = {number: name_of(number, nickname) for number, nickname in nicknames.items()}
    return _told(explained, {number: member.home.pod for number, member in voters.items()}, names)


async def judge_targets(deps: Deps, reader: Reader, targets: Sequence[Target], lens: Lens) -> Verdicts:
    """The verdicts of the lens, the reader's own hides and the pod's floor on each target."""
    if any(isinstance(target, ParagraphTarget | ReactionTarget) for target in targets):
        raise PostRule.LENS_OF_POSTS.error()
    tokens = [target.token for target in targets]
    async with deps.store.database.read() as session:
        layers = await load_layers(session, deps, reader, lens.groups, tokens)
    return Verdicts(tuple(VerdictLine(_raw(token), layers.judge(lens, token)) for token in tokens))


def _told(explained: Explanation, pods: dict[int, str], names: dict[int, str]) -> Explained:
    def name(number: int) -> str:
        return names.get(number) or name_of(number, "")

    return Explained(
        tuple(
            ExplainedLine(
                str(line.kind),
                line.amount,
                line_sentence(line, name),
                line.member,
                line.record,
                line.value,
                line.weight,
            )
            for line in explained.lines
        ),
        explained.total,
        explained.shown,
        total_sentence(explained),
        tuple(PodTotal(pod, votes, amount) for pod, (votes, amount) in totals_by_pod(explained, pods).items()),
    )


async def all_votes(session: AsyncSession, group: RecordId, token: Token) -> list[CastVote]:
    """All votes that count on one target, by member."""
    votes: list[CastVote] = []
    while True:
        page = await list_cast(session, group, token, PAGE, after_member=votes[-1].member if votes else 0)
        votes += page
        if len(page) < PAGE:
            return votes


def _score(state: GroupState, target: Target, tally: Tally) -> ScoreLine:
    default = 0 if isinstance(target, ParagraphTarget) else state.default_score
    score = default + tally.sum_micro if gives_score(target) else None
    shown = score is not None and is_shown(score)
    appears = tally.supporters > 0
    return ScoreLine(_raw(target.token), score, shown, tally.up, tally.down, tally.votes, appears)


def _raw(token: Token) -> msgspec.Raw:
    return msgspec.Raw(token.encode())


def _weight(state: GroupState, number: int) -> int:
    member = state.members.get(number)
    return member.weight if member and not member.left else 0
