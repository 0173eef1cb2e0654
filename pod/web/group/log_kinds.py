"""How the log names each kind of record, and says what its author did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from pod.actions.reading.group.log import LogEntry
from pod.web.kit.notices import say
from pod.web.kit.translations import Words
from protocol.records.content import OfEach

Did = Callable[[Words, LogEntry], str]


class ShownKind(msgspec.Struct, frozen=True):
    """What a page says of a kind: `many` in the filter, `did` of one entry; `named`: the entry names its thing."""

    many: str
    did: Did
    named: bool


def _said(text: str) -> Did:
    return lambda words, _: words(text)


def _voted(words: Words, entry: LogEntry) -> str:
    value = words.quantity(entry.value or 0, 3, sign=True)
    return words("voted %(value)s on", value=value) if entry.value else words("withdrew the vote on")


def _wrote(words: Words, entry: LogEntry) -> str:
    return words("answered") if entry.thing else words("wrote")


SHOWN: Final[OfEach[ShownKind]] = OfEach(
    Post=ShownKind(say("posts"), _wrote, named=True),
    Patch=ShownKind(say("edits"), _said(say("edited")), named=True),
    Vote=ShownKind(say("votes"), _voted, named=True),
    Profile=ShownKind(say("profiles"), _said(say("changed the profile")), named=False),
    Erase=ShownKind(say("erasures"), _said(say("asked for texts to be erased")), named=False),
    Claim=ShownKind(say("claims"), _said(say("claimed to be a member elsewhere")), named=False),
    GuestRecord=ShownKind(say("acts of guests"), _said(say("passed on what a guest did")), named=False),
)
