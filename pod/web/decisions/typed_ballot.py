"""A ballot as somebody types it: scores, places, ticks or a side; what is wrong with it, and what it would say.

Values are kept by the place of their option in the poll, so that a ballot fits into an address (`kept`): it survives
the way to proving who one is, and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from pod.translations import Translator
from protocol.records.content import NO, YES, Ballot

MOST: Final = 100
LONGEST: Final = 15
SEPARATOR: Final = "."
TICKED: Final = "1"
Move = Literal["up", "down", "out"]


class TypedBallot(msgspec.Struct, frozen=True):
    """What stands in the form. `values` by option: a score, a place, or TICKED; those without one aren't in it."""

    kind: str
    values: Mapping[str, str] = {}
    choice: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return not self.choice if self.kind == "for-against" else not any(self.values.values())

    @property
    def ranked(self) -> tuple[str, ...]:
        """The options that have a place, by place."""
        placed = [(_number(value), option) for option, value in self.values.items() if value]
        return tuple(option for _, option in sorted(placed, key=lambda one: one[0]))


def typed_of(kind: str, said: Ballot | None) -> TypedBallot:
    """The form that would say this ballot; empty for none, a blank or a withdrawn one."""
    if said is None or said.blank or said.withdraw:
        return TypedBallot(kind)
    if said.choice is not None:
        return TypedBallot(kind, choice=said.choice)
    if said.scores is not None:
        return TypedBallot(kind, {option: str(score) for option, score in said.scores.items()})
    if said.ranking is not None:
        return TypedBallot(kind, {option: str(place) for place, option in enumerate(said.ranking, start=1)})
    return TypedBallot(kind, dict.fromkeys(said.approvals or (), TICKED))


def keep(typed: TypedBallot, options: Sequence[str]) -> str:
    """The ballot as letters of an address; `options` in the poll's order."""
    if typed.kind == "for-against":
        return typed.choice
    return SEPARATOR.join(typed.values.get(option, "") for option in options)


def kept(kind: str, options: Sequence[str], text: str) -> TypedBallot:
    """The ballot that an address keeps; what it can't be is left out."""
    if kind == "for-against":
        return TypedBallot(kind, choice=text if text in (YES, NO) else "")
    values = text.split(SEPARATOR)[: len(options)]
    plain = (value if value.isascii() and value.isdecimal() and len(value) <= LONGEST else "" for value in values)
    return TypedBallot(kind, {option: value for option, value in zip(options, plain, strict=False) if value})


def with_score(typed: TypedBallot, option: str, score: str) -> TypedBallot:
    """After a button that gives an option a score, or (empty) no opinion."""
    return msgspec.structs.replace(typed, values={**typed.values, option: score})


def with_move(typed: TypedBallot, option: str, move: Move) -> TypedBallot:
    """After a button that moves an option in the order, into it (up or down) or out of it."""
    order = list(typed.ranked)
    if option not in order:
        order += [option] if move != "out" else []
    elif move == "out":
        order.remove(option)
    else:
        at = order.index(option)
        to = max(at - 1, 0) if move == "up" else min(at + 1, len(order) - 1)
        order[at], order[to] = order[to], order[at]
    return msgspec.structs.replace(typed, values={one: str(place) for place, one in enumerate(order, start=1)})


def faults_of(say: Translator, typed: TypedBallot, names: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by option; "" is the whole ballot. Nothing of it would count then. `names`: of all options."""
    if typed.is_empty:
        return {"": _nothing_said(say, typed.kind)}
    if typed.kind == "score":
        wrong = [option for option, value in typed.values.items() if value and not 0 <= _number(value) <= MOST]
        return dict.fromkeys(wrong, say("Write a whole number from 0 to 100, or nothing for no opinion."))
    return _wrong_places(say, typed, names) if typed.kind == "ranking" else {}


def _wrong_places(say: Translator, typed: TypedBallot, names: Mapping[str, str]) -> dict[str, str]:
    faults, taken = {}, dict[int, str]()
    for option, value in typed.values.items():
        place = _number(value)
        if not value:
            continue
        if not 1 <= place <= len(names):
            faults[option] = say("Write a place from 1 to %(last)s, or nothing.", last=len(names))
        elif place in taken:
            faults[option] = say("“%(other)s” has this place already.", other=names[taken[place]])
        taken.setdefault(place, option)
    return faults


def _nothing_said(say: Translator, kind: str) -> str:
    return {
        "score": say("Give at least one option a score, or vote blank."),
        "ranking": say("Give at least one option a place, or vote blank."),
        "approval": say("Approve of at least one option, or vote blank."),
        "date": say("Tick at least one date, or vote blank."),
        "for-against": say("Choose a side, or vote blank."),
    }[kind]


def members_of(typed: TypedBallot) -> dict[str, Any]:
    """What the record says of a ballot without faults."""
    match typed.kind:
        case "score":
            return {"scores": {option: int(value) for option, value in typed.values.items() if value}}
        case "ranking":
            return {"ranking": list(typed.ranked)}
        case "for-against":
            return {"choice": typed.choice}
        case _:
            return {"approvals": sorted(option for option, value in typed.values.items() if value)}


def _number(value: str) -> int:
    """The number that is typed; −1 for what is none."""
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= LONGEST else -1
