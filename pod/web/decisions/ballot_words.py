"""What became of a ballot, and what it says, in words. This file decides nothing."""

from __future__ import annotations

from typing import Final

import msgspec

from pod.actions.reading.decisions.ballot_receipts import BallotReceipt, Fate
from pod.actions.reading.decisions.polls import VisiblePoll
from pod.translations import Translator
from pod.web.decisions.wording import option_name
from protocol.records.content import Ballot

TICKED: Final = "✓"
HOLDS: Final = frozenset({Fate.LOGGED, Fate.COUNTED})
FAILS: Final = frozenset({Fate.LATE, Fate.LEFT_OUT, Fate.OFF, Fate.UNPROVEN})


class BallotFateView(msgspec.Struct, frozen=True):
    """What became of a ballot in words; `tone` is holds, fails, or empty while it is under way."""

    sentence: str
    remedy: str
    tone: str


def fate_view(say: Translator, found: BallotReceipt) -> BallotFateView:
    """What became of a ballot, and what its author can do."""
    sentence, remedy = _fate(say, found)
    tone = "holds" if found.fate in HOLDS else "fails" if found.fate in FAILS else ""
    return BallotFateView(sentence, remedy, tone)


def _fate(say: Translator, found: BallotReceipt) -> tuple[str, str]:
    promised = say.moment(found.promised) if found.promised else ""
    match found.fate:
        case Fate.WAITING if promised:
            return (
                say(
                    "Your ballot is on its way: the group's steward has promised to log it by %(moment)s.",
                    moment=promised,
                ),
                say("Look here again then. This page checks the log itself."),
            )
        case Fate.WAITING:
            return (
                say("Your ballot is on its way: the group's log doesn't have it yet."),
                say("That takes some seconds, longer if the steward's server doesn't answer. Look here again."),
            )
        case Fate.LOGGED:
            return (
                say("Your ballot stands in the group's log ✓"),
                say("This pod has checked the proof. It counts if you don't cast another one before the end."),
            )
        case Fate.COUNTED:
            return say("Your ballot is in the count ✓"), say("This pod has checked the proof.")
        case Fate.VOIDED:
            return (
                say("You took your votes in this poll out of the count."),
                say("When the time to contest was over, all pods counted once more without them.")
                if found.recounted
                else say("Once the time to contest is over, all pods count once more without them."),
            )
        case Fate.FROZEN:
            return (
                say("🔒 This ballot came after delegates were locked, so what you said before counts."),
                say("Those who follow you can still vote themselves."),
            )
        case _:
            return _wrong(say, found, promised)


def _wrong(say: Translator, found: BallotReceipt, promised: str) -> tuple[str, str]:
    match found.fate:
        case Fate.LEFT_OUT:
            return (
                say(
                    "Your ballot isn't in the count, though the steward promised to log it by %(moment)s.",
                    moment=promised,
                ),
                _against_the_steward(say, settled=found.settled),
            )
        case Fate.OFF:
            return (
                say("Your ballot doesn't count: you aren't on the roll, or your key was recovered later."),
                say("In polls that open from now on you vote as before."),
            )
        case Fate.UNPROVEN:
            return (
                say("The proof of your ballot doesn't fit the log that the steward signed."),
                say("Those who run this pod should check the group: “pod group verify”."),
            )
        case _:
            return (
                say("Your ballot isn't in the count: it reached the group's log after the end."),
                say("The end is the first item of the chain at or after the deadline; nothing is counted later."),
            )


def _against_the_steward(say: Translator, *, settled: bool) -> str:
    if settled:
        return say(
            "That is a fault of the steward, and the file below proves it to anybody. The result says so, too. The"
            " members can choose another steward, and ask again."
        )
    return say(
        "That is a fault of the steward, and the file below proves it to anybody. The keepers' servers haven't"
        " confirmed this end; they take the job from a steward that leaves out what it promised."
    )


def said_in(say: Translator, poll: VisiblePoll, ballot: Ballot) -> tuple[tuple[str, str], ...]:
    """What a ballot says: options, and what it says of each."""
    if ballot.blank:
        return ((say("Blank"), ""),)
    if ballot.withdraw:
        return ((say("Withdrawn"), ""),)
    if ballot.choice is not None:
        return ((option_name(say, poll, ballot.choice), ""),)
    if ballot.scores is not None:
        ranked = sorted(ballot.scores.items(), key=lambda one: (-one[1], one[0]))
        return tuple((option_name(say, poll, option), say.number(score)) for option, score in ranked)
    if ballot.ranking is not None:
        return tuple(
            (option_name(say, poll, option), say("place %(place)s", place=place))
            for place, option in enumerate(ballot.ranking, start=1)
        )
    return tuple((option_name(say, poll, option), TICKED) for option in ballot.approvals or ())


def told_in(say: Translator, poll: VisiblePoll, ballot: Ballot) -> str:
    """The same in one line: “North: 20; South: 10”. What is only ticked is only named."""
    said = said_in(say, poll, ballot)
    return "; ".join(option if value in ("", TICKED) else f"{option}: {value}" for option, value in said)
