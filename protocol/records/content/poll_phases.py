"""What members say in the phases of a poll beside their ballots: proposals, predictions, bets, evaluations, lots.

A poll is held in rounds: 1 is the first, 2 the one among the tied, 3 the voting that is held once more after a contest
(decisions §1, §2). What is said in a round names it, so that a record that comes late counts in no other one.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from protocol.limits import MAX_NAME_LENGTH, MAX_OPTIONS, MAX_TERMS
from protocol.records.content.polls import Round
from protocol.records.content.shapes import Authored, Digest, Id, Name, Natural, Paragraph

BETS_KIND: Final = "bets"


class Proposal(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a poll's voters may choose, or the word that its author no longer stands behind it.

    Exactly one of `title` and `withdraws` (a proposal of the same author). Nothing removes a proposal.
    """

    poll: Id
    title: Annotated[str, Meta(max_length=MAX_NAME_LENGTH)] = ""
    paragraphs: tuple[Paragraph, ...] = ()
    withdraws: Id | None = None


class AreaVote(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a poll belongs to subject areas, as far as the member says so; the newest one counts."""

    poll: Id
    areas: Annotated[dict[Name, bool], Meta(max_length=MAX_OPTIONS)]


class Term(msgspec.Struct, frozen=True):
    """One proposal, implemented or not."""

    proposal: Id
    implemented: bool


class Condition(msgspec.Struct, frozen=True):
    """`every`: all terms must hold (AND); else one is enough (OR)."""

    every: bool
    terms: Annotated[tuple[Term, ...], Meta(min_length=1, max_length=MAX_TERMS)]


class Prediction(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """What the member says will be true at a time (`due_at`, ms) if the condition holds."""

    poll: Id
    statement: Name
    text: str = ""
    due_at: Natural
    condition: Condition


class Sealed(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """A commitment to something that stays hidden until its phase ends: `kind` says what it is."""

    poll: Id
    kind: Literal["bets"]
    commitment: Digest
    round: Round = 1


class LotShare(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """A keeper's commitment to a secret, from which a lot is drawn if the round ends in a tie."""

    poll: Id
    commitment: Digest
    round: Round


class Opening(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """What a sealed record of this poll commits to; of a lot's share the secret in hex, which has no salt."""

    poll: Id
    sealed: Id
    value: Any
    salt: Digest | None = None


class Evaluation(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a prediction of this poll came true, as the member sees it; without `happened` they say neither."""

    poll: Id
    prediction: Id
    happened: bool | None = None


class Confirm(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """The member is still here and wants to be on the group's rolls for another year."""
