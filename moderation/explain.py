"""A score taken apart into lines whose sum is the score; votes that don't count have a line, too, with the reason.

Each line has a kind and its numbers, for pages that translate, and one plain English sentence (MD-03). The lines are
built from the votes, not from the score: that both agree is what a reader can check.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

import msgspec

from moderation.scores import Scale, by_host, contribution, host_value, is_shown
from protocol.ids import RecordId
from protocol.votes import CastVote, GuestBallot, counts, current_votes, rank


class Kind(StrEnum):
    """The kind of a line. Only the first four can have an amount."""

    DEFAULT = "default"
    VOTE = "vote"
    GUESTS = "guests"  # all guests of one host
    CAP = "cap"  # the part above the limit per host, subtracted
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"  # a later vote of the same member counts instead
    WEIGHTLESS = "weightless"
    NO_MEMBER = "no_member"


class Line(msgspec.Struct, frozen=True):
    """One line. `amount` in micro units, `value` and `weight` in thousandths, `at` in milliseconds.

    `member` and `record`: of a member's vote; `host` and `voices` (the number of guests): of a host's votes.
    """

    kind: Kind
    amount: int = 0
    member: int | None = None
    record: RecordId | None = None
    value: int = 0
    weight: int = 0
    at: int = 0
    reason: str = ""
    host: str = ""
    voices: int = 0


class Explanation(msgspec.Struct, frozen=True):
    """The lines in the order to read them; `total` is their sum."""

    lines: tuple[Line, ...]
    total: int
    shown: bool


def explain(scale: Scale, votes: Iterable[CastVote], ballots: Iterable[GuestBallot] = ()) -> Explanation:
    """Explain the score of one target, from all votes on it in any order; arguments as of `scores.score`."""
    cast = sorted(frozenset(votes), key=lambda vote: (vote.member, *rank(vote)))
    counted = {vote.id for vote in current_votes(cast).values()}
    lines = [
        Line(Kind.DEFAULT, scale.default_score),
        *(_vote_line(scale, vote, stands=vote.id in counted) for vote in cast),
        *(line for host, of_host in by_host(ballots).items() for line in _host_lines(scale, host, of_host)),
    ]
    total = sum(line.amount for line in lines)
    return Explanation(tuple(lines), total, is_shown(total))


def totals_by_pod(explanation: Explanation, pods: Mapping[int, str]) -> dict[str, tuple[int, int]]:
    """For each pod or host, how many votes count and their sum (MD-28), so that a wave from one host shows."""
    totals: dict[str, tuple[int, int]] = {}
    for line in explanation.lines:
        if line.kind not in {Kind.VOTE, Kind.GUESTS, Kind.CAP}:
            continue
        host = line.host or pods.get(line.member or 0, "")
        voices, amount = totals.get(host, (0, 0))
        totals[host] = (voices + (1 if line.kind is Kind.VOTE else line.voices), amount + line.amount)
    return dict(sorted(totals.items()))


def line_sentence(line: Line, name: Callable[[int], str] = "member {}".format) -> str:
    """A line in plain English; `name` gives a member's display name."""
    return _SENTENCES[line.kind](line, name(line.member or 0))


def total_sentence(explanation: Explanation) -> str:
    """The meaning of the sum, as a sentence."""
    verdict = "shown" if explanation.shown else "hidden"
    return f"total {signed(explanation.total, 6)}, shown only if > 0 → {verdict}"


def signed(number: int, decimals: int) -> str:
    """A quantity of 10^-decimals units, exactly, with its sign and at least one decimal: +1.0, −2.5, 0.0."""
    sign = "" if number == 0 else "+" if number > 0 else "−"
    return sign + plain(abs(number), decimals)


def plain(number: int, decimals: int) -> str:
    """A quantity of 10^-decimals units, exactly, with at least one decimal."""
    whole, part = divmod(abs(number), 10**decimals)
    fraction = f"{part:0{decimals}}".rstrip("0") or "0"
    return f"{'−' if number < 0 else ''}{whole}.{fraction}"


def _vote_line(scale: Scale, vote: CastVote, *, stands: bool) -> Line:
    weight = scale.weights.get(vote.member)
    kind = _kind_of(vote, weight, stands=stands)
    return Line(
        kind,
        contribution(vote.value, weight) if kind is Kind.VOTE else 0,
        member=vote.member,
        record=vote.id,
        value=vote.value,
        weight=weight or 0,
        at=vote.at,
        reason=vote.reason,
    )


def _kind_of(vote: CastVote, weight: int | None, *, stands: bool) -> Kind:
    if not stands:
        return Kind.SUPERSEDED
    if weight is None:
        return Kind.NO_MEMBER
    if not counts(weight):
        return Kind.WEIGHTLESS
    return Kind.VOTE if vote.value else Kind.WITHDRAWN


def _host_lines(scale: Scale, host: str, ballots: list[GuestBallot]) -> list[Line]:
    asked, allowed = host_value(ballots)
    weight = scale.others_weight
    said = contribution(asked, weight)
    lines = [Line(Kind.GUESTS, said, value=asked, weight=weight, host=host, voices=len(ballots))]
    if asked != allowed and counts(weight):
        lines.append(Line(Kind.CAP, contribution(allowed, weight) - said, value=allowed, weight=weight, host=host))
    return lines


def _guests_sentence(line: Line) -> str:
    people = "1 guest" if line.voices == 1 else f"{line.voices} guests"
    votes = f"{people} of {line.host}: votes {signed(line.value, 3)}"
    if not counts(line.weight):
        return f"{votes}, weight {plain(line.weight, 3)} → not counted"
    return f"{votes} × weight {plain(line.weight, 3)} = {signed(line.amount, 6)}"


def _said(line: Line) -> str:
    return f" “{line.reason}”" if line.reason else ""


_SENTENCES: Mapping[Kind, Callable[[Line, str], str]] = {
    Kind.DEFAULT: lambda line, _: f"default score of this group: {signed(line.amount, 6)}",
    Kind.VOTE: lambda line, name: (
        f"{name}: vote {signed(line.value, 3)} × weight {plain(line.weight, 3)} = {signed(line.amount, 6)}{_said(line)}"
    ),
    Kind.GUESTS: lambda line, _: _guests_sentence(line),
    Kind.CAP: lambda line, _: (
        f"guests of {line.host} count together for at most {plain(line.value, 3)} votes: {signed(line.amount, 6)}"
    ),
    Kind.WITHDRAWN: lambda _, name: f"{name}: vote withdrawn",
    Kind.SUPERSEDED: lambda line, name: (
        f"{name}: vote {signed(line.value, 3)}, changed later → not counted{_said(line)}"
    ),
    Kind.WEIGHTLESS: lambda line, name: (
        f"{name}: vote {signed(line.value, 3)}, weight {plain(line.weight, 3)} → not counted{_said(line)}"
    ),
    Kind.NO_MEMBER: lambda line, name: (
        f"{name}: vote {signed(line.value, 3)}, no longer a member → not counted{_said(line)}"
    ),
}
