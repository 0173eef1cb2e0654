"""What the log calls each kind of record, and how it says what the author did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from pod.actions.reading.group.log import LogEntry
from pod.translations import Translator
from pod.web.kit.notices import say
from protocol.records.content import OfEach

Did = Callable[[Translator, LogEntry], str]


class ShownKind(msgspec.Struct, frozen=True):
    """What a page says of a kind: `many` in the filter, `did` of one entry; `named`: the entry names its thing."""

    many: str
    did: Did
    named: bool


def _said(text: str) -> Did:
    return lambda say, _: say(text)


def _voted(say: Translator, entry: LogEntry) -> str:
    value = say.quantity(entry.value or 0, 3, sign=True)
    return say("voted %(value)s on", value=value) if entry.value else say("withdrew the vote on")


def _wrote(say: Translator, entry: LogEntry) -> str:
    return say("answered") if entry.thing else say("wrote")


def _followed(say: Translator, entry: LogEntry) -> str:
    return say("changed whom the vote follows in") if entry.thing else say("changed whom the vote follows")


def _declared(say: Translator, entry: LogEntry) -> str:
    if entry.declared is None:
        return say("said whether to be a delegate")
    return say("declared to be a delegate") if entry.declared else say("resigned as a delegate")


SHOWN: Final[OfEach[ShownKind]] = OfEach(
    Post=ShownKind(say("posts"), _wrote, named=True),
    Patch=ShownKind(say("edits"), _said(say("edited")), named=True),
    Vote=ShownKind(say("votes"), _voted, named=True),
    Profile=ShownKind(say("profiles"), _said(say("changed the profile")), named=False),
    Erase=ShownKind(say("erasures"), _said(say("asked for texts to be erased")), named=False),
    Claim=ShownKind(say("claims"), _said(say("claimed to be a member elsewhere")), named=False),
    Poll=ShownKind(say("polls"), _said(say("asked the group:")), named=True),
    Ballot=ShownKind(say("ballots"), _said(say("cast a ballot in")), named=True),
    Delegate=ShownKind(say("delegates"), _declared, named=False),
    Delegation=ShownKind(say("delegations"), _followed, named=True),
    Proposal=ShownKind(say("proposals in polls"), _said(say("made a proposal")), named=False),
    AreaVote=ShownKind(say("areas of polls"), _said(say("said which areas a poll belongs to")), named=False),
    Prediction=ShownKind(say("predictions"), _said(say("predicted something")), named=False),
    Sealed=ShownKind(say("bets"), _said(say("placed bets, which are hidden until the phase ends")), named=False),
    LotShare=ShownKind(say("shares in lots"), _said(say("gave a share in a lot")), named=False),
    Opening=ShownKind(say("openings"), _said(say("opened what was hidden")), named=False),
    Evaluation=ShownKind(say("evaluations"), _said(say("said whether a prediction came true")), named=False),
    Confirm=ShownKind(say("confirmations"), _said(say("confirmed being here")), named=False),
    GuestRecord=ShownKind(say("acts of guests"), _said(say("passed on what a guest did")), named=False),
)
