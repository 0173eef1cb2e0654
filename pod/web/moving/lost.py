"""What of a file couldn't be given back, record by record, in words."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pod.actions.moving.returned_records import LostRecord
from pod.translations import Translator


class LostLine(msgspec.Struct, frozen=True):
    """A record that didn't come back: what it is, how it begins, of when, in which group, and why it is lost."""

    what: str
    words: str
    says: str


def lost_line(say: Translator, lost: LostRecord, groups: Mapping[str, str]) -> LostLine:
    """A line for one of them; `groups`: the names of those groups that are here."""
    name = groups.get(lost.group, lost.group)
    where = say("in %(group)s", group=name)
    why = say("the group doesn't take it any more") if lost.code else say("the group isn't here")
    said = (say.moment(lost.at) if lost.at else "", where, why)
    return LostLine(_what(say, lost.kind), lost.words, " · ".join(part for part in said if part))


def _what(say: Translator, kind: str) -> str:
    match kind:
        case "Post":
            return say("A post")
        case "Patch":
            return say("An edit")
        case "Vote":
            return say("A vote")
        case "Ballot":
            return say("A ballot")
        case _:
            return say("Something else that you signed")
