"""What to tell somebody of a list of delegates: names that reach nobody, a loop, and when it ends. Nothing is refused.

Rules of this file (decisions §1, delegation):

1. A name that is oneself, named before, no declared delegate, off the roll, or of somebody who left or is black-listed
   keeps its place and reaches nobody.
2. A loop is a way along lists that leads back to the voter. Of several the shortest is told, and of these the one of
   the first choices. It harms nothing as long as somebody on the way votes, or has a further choice.
3. A list lapses when it says so, and after a year in any case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from decisions.delegate_lists import LAPSES_AFTER_MS


class Warned(StrEnum):
    """What a warning is about."""

    ONESELF = "oneself"
    REPEATED = "repeated"
    LEFT = "left"
    BLACK_LISTED = "black-listed"
    OFF_ROLL = "off-roll"
    NOT_DECLARED = "not-declared"
    LOOP = "loop"
    LAPSES = "lapses"


class NamedMember(msgspec.Struct, frozen=True):
    """Somebody whom a list names. `on_roll` is None where no poll asks."""

    weight: int
    left: bool
    declared: bool
    on_roll: bool | None = None


class ListWarning(msgspec.Struct, frozen=True, omit_defaults=True):
    """A warning: of which member, or which loop (it begins and ends with the voter), or when (ms) the list lapses."""

    about: Warned
    member: int | None = None
    loop: tuple[int, ...] = ()
    at: int | None = None


def warnings_of(
    voter: int,
    delegates: Sequence[int],
    members: Mapping[int, NamedMember],
    follows: Mapping[int, Sequence[int]],
    *,
    expires: int | None,
    now: int,
) -> tuple[ListWarning, ...]:
    """All warnings. `follows`: by member, whom the lists of others name, as far as they can be reached from here."""
    found: list[ListWarning] = []
    for place, delegate in enumerate(delegates):
        why = _reaches_nobody(voter, delegates[:place], delegate, members[delegate])
        if why is not None:
            found.append(ListWarning(why, member=delegate))
    loop = loop_of(voter, {**follows, voter: delegates})
    if loop:
        found.append(ListWarning(Warned.LOOP, loop=loop))
    if delegates:
        lapses = now + LAPSES_AFTER_MS
        found.append(ListWarning(Warned.LAPSES, at=lapses if expires is None else min(expires, lapses)))
    return tuple(found)


def _reaches_nobody(voter: int, before: Sequence[int], delegate: int, member: NamedMember) -> Warned | None:
    reasons = (
        (delegate == voter, Warned.ONESELF),
        (delegate in before, Warned.REPEATED),
        (member.left, Warned.LEFT),
        (member.weight < 0, Warned.BLACK_LISTED),
        (not member.declared, Warned.NOT_DECLARED),
        (member.on_roll is False, Warned.OFF_ROLL),
    )
    return next((why for holds, why in reasons if holds), None)


def loop_of(voter: int, follows: Mapping[int, Sequence[int]]) -> tuple[int, ...]:
    """The shortest way along lists from the voter back to the voter; empty if there is none."""
    came_from: dict[int, int] = {}
    level = [voter]
    while level:
        following = []
        for member in level:
            for delegate in follows.get(member, ()):
                if delegate == voter and member != voter:
                    return _way(voter, member, came_from)
                if delegate not in came_from and delegate != voter:
                    came_from[delegate] = member
                    following.append(delegate)
        level = following
    return ()


def _way(voter: int, last: int, came_from: Mapping[int, int]) -> tuple[int, ...]:
    way = [voter, last]
    while way[-1] != voter:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))
