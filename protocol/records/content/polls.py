"""What records of decisions hold: a question and its phases, what a voter says, whom a vote follows (decisions §1, §2).

Lengths of time are milliseconds. An option that stands in the poll itself has the id "00", "01" …, in its order, so
that ids as bytes have the same order; a proposal's id is its record's.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from protocol.ids import RecordId
from protocol.limits import MAX_DELEGATES, MAX_NAME_LENGTH, MAX_OPTIONS, MAX_PHASE_MS
from protocol.records.content.shapes import Authored, Id, Name, Natural, Number, Paragraph

PollKind = Literal["score", "ranking", "approval", "for-against", "date"]
Length = Annotated[int, Meta(ge=0, le=MAX_PHASE_MS)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Score = Annotated[int, Meta(ge=0, le=100)]
OptionId = Annotated[str, Meta(pattern=r"\A(?:[0-9]{2}|bagaaiera[a-z2-7]{51}[aq])\Z")]
Round = Annotated[int, Meta(ge=1, le=3)]
Options = Annotated[tuple[OptionId, ...], Meta(min_length=1, max_length=MAX_OPTIONS)]

YES: Final = "yes"
NO: Final = "no"
GROUP_SCOPE: Final = "group"


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something to choose; of a date poll it has a start and an end (milliseconds)."""

    title: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
    text: str = ""
    start: Natural | None = None
    end: Natural | None = None


class Lengths(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long each phase lasts; one of length 0 is skipped. `lock`: how long before the end delegates are frozen."""

    voting: Annotated[int, Meta(ge=1, le=MAX_PHASE_MS)]
    proposals: Length = 0
    predictions: Length = 0
    bets: Length = 0
    lock: Length = 24 * 3_600_000
    contest: Length = 72 * 3_600_000


class Quorum(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many must be counted: a share of the roll in per cent, or a number; one of both is enough.

    Blank ballots and who stands behind them count. Where weights vote, all of these are weights.
    """

    percent: Percent | None = None
    number: Natural | None = None

    def is_met(self, counted: int, roll: int) -> bool:
        """Whether `counted` voices of `roll` are enough (decisions §2.5); nobody is never enough."""
        if counted == 0:
            return False
        by_share = self.percent is not None and 100 * counted >= self.percent * roll
        by_number = self.number is not None and counted >= self.number
        return by_share or by_number or self == Quorum()


class Goal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the poll is to achieve: in words, or what another poll decided."""

    text: str = ""
    poll: Id | None = None


class Poll(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """A question to the group. It is open once an `open-poll` names it. `about`: the post it came from."""

    kind: PollKind
    title: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
    lengths: Lengths
    paragraphs: tuple[Paragraph, ...] = ()
    options: Annotated[tuple[Option, ...], Meta(max_length=MAX_OPTIONS)] = ()
    areas: tuple[Name, ...] = ()
    quorum: Quorum = Quorum()
    goal: Goal | None = None
    about: Id | None = None
    language: str = ""

    @property
    def option_ids(self) -> tuple[OptionId, ...]:
        """The ids of the options that stand in the poll itself."""
        return tuple(f"{index:02}" for index in range(len(self.options)))


class Ballot(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """What a member says in a round of a poll: exactly one of the six. The newest that fits is the member's ballot."""

    poll: Id
    round: Round = 1
    scores: Annotated[dict[OptionId, Score], Meta(min_length=1, max_length=MAX_OPTIONS)] | None = None
    ranking: Options | None = None
    approvals: Options | None = None
    choice: Literal["yes", "no"] | None = None
    blank: bool = False
    withdraw: bool = False


class Delegate(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the member lets others delegate to them, and what they say for themselves.

    `areas`: the subjects in which they offer it, none: in all. That is for those who look for a delegate; no count
    looks at it.
    """

    declared: bool
    statement: str = ""
    areas: Annotated[tuple[Name, ...], Meta(max_length=MAX_OPTIONS)] = ()


class Delegation(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """Whom the member's vote follows: members by rank, in the group, in an area of it or in one poll.

    An empty list says that it follows nobody there. `expires`: until when (ms) it holds; at most a year in any case.
    `named`: the member lets pages of their delegates name them.
    """

    delegates: Annotated[tuple[Number, ...], Meta(max_length=MAX_DELEGATES)]
    area: Name | None = None
    poll: Id | None = None
    expires: Natural | None = None
    named: bool = False

    @property
    def scope(self) -> str:
        """Where it holds, as the key of its register."""
        if self.poll is not None:
            return scope_of_poll(self.poll)
        return GROUP_SCOPE if self.area is None else scope_of_area(self.area)


def scope_of_poll(poll: RecordId) -> str:
    """The scope of one poll."""
    return f"poll {poll}"


def scope_of_area(area: str) -> str:
    """The scope of a subject area."""
    return f"area {area}"
