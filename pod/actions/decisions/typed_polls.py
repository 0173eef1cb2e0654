"""A poll as somebody typed it so far, as drafts keep it and pages read it."""

from __future__ import annotations

from typing import Literal

import msgspec

WizardKind = Literal["", "predictions", "score", "ranking", "approval", "for-against", "date"]
Unit = Literal["hours", "days", "weeks"]
PhaseName = Literal["proposals", "predictions", "bets", "voting"]


class TypedLength(msgspec.Struct, frozen=True, omit_defaults=True):
    """A length as typed: a number of units, or until when (UTC, as a browser writes it), which goes first."""

    number: str = ""
    unit: Unit = "days"
    until: str = ""


class TypedOption(msgspec.Struct, frozen=True, omit_defaults=True):
    """An option as typed; times are UTC, as a browser writes them."""

    title: str = ""
    text: str = ""
    start: str = ""
    end: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is typed in the row."""
        return self == TypedOption()


class TypedPoll(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """All that the steps ask for. `proposing`: members propose options, too."""

    title: str = ""
    text: str = ""
    language: str = ""
    goal: str = ""
    goal_poll: str = ""
    about: str = ""
    kind: WizardKind = ""
    options: tuple[TypedOption, ...] = ()
    proposing: bool = False
    areas: tuple[str, ...] = ()
    phases: dict[PhaseName, TypedLength] = {}
    lock: TypedLength = TypedLength("24", "hours")
    contest: TypedLength = TypedLength("3", "days")
    percent: str = ""
    voices: str = ""
