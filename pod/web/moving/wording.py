"""How pages name the classes of an account."""

from __future__ import annotations

import msgspec

from pod.actions.moving.switch_sight import LeavingGroup
from pod.translations import Translator


def class_names(say: Translator) -> dict[str, str]:
    """What each class holds, in words."""
    return {
        "personal": say("Your profile, and what you write in your own name"),
        "records": say("Your posts, votes and ballots in open groups"),
        "memberships": say("Which groups you are in, also the private ones"),
        "follows": say("Whom you follow, and who follows you"),
        "choices": say("What you hide, mute and block, your drafts and settings"),
        "media": say("Your pictures and files"),
        "actor": say("Your address in the fediverse and its public key"),
        "box": say("A sealed box that only your 24 words open"),
    }


def named_classes(say: Translator, classes: str) -> tuple[str, ...]:
    """Classes in words, from their names with blanks between."""
    names = class_names(say)
    return tuple(names.get(name, name) for name in classes.split())


class LeavingLine(msgspec.Struct, frozen=True):
    """A group that goes along. `seat`, `late`: what to say of the seat, and of what isn't settled there."""

    group: str
    name: str
    seat: str
    note: str
    late: str
    ticked: bool


def leaving_line(say: Translator, group: LeavingGroup, *, ticked: bool) -> LeavingLine:
    """A group that goes along, as pages show it."""
    seats = {
        "alone": say("You keep this group alone: its seat moves with you."),
        "several": say("You are one of several keepers: the others are asked to sign that your seat moves."),
        "taken": say("That server keeps it already, for another member: name another keeper, or it stays behind."),
    }
    note = say("You are black-listed there, and stay so.") if group.black_listed else ""
    name = say("Your own group") if group.personal else group.name or str(group.group)
    return LeavingLine(str(group.group), name, seats.get(group.seat, ""), note, _late(say, group), ticked)


def _late(say: Translator, group: LeavingGroup) -> str:
    lag = group.lag
    if lag is None:
        return ""
    if lag.under_way:
        return say("You are joining it just now.")
    return say.many(
        "%(count)s thing that you wrote isn't settled there yet.",
        "%(count)s things that you wrote aren't settled there yet.",
        lag.operations + lag.records,
    )
