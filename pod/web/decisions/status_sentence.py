"""The sentence above every poll: what holds now, what one can do, until when, what one's vote counts, what is next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from pod.actions.decisions.poll_course import Phase
from pod.actions.reading.decisions.poll_status import OVER, PollStatus
from pod.translations import Translator

NEEDED: Final[Mapping[Phase, str]] = {Phase.PROPOSALS: "propose", Phase.PREDICTIONS: "predict", Phase.BETS: "bet"}
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def status_parts(
    say: Translator, status: PollStatus, may: Collection[str], now: int, areas: Sequence[str] = ()
) -> tuple[str, ...]:
    """The sentence in its parts, each of which says one thing; the page puts a dot between them.

    `may`: what the reader has the capability for in this poll; `areas`: the names of its subject areas.
    """
    parts = (
        say("Now: %(stage)s", stage=stage_name(say, status.stage)),
        _can(say, status, may),
        _until(say, status, now),
        _counts(say, status, areas),
        say("next: %(stage)s", stage=stage_name(say, status.next)) if status.next else "",
    )
    return tuple(part for part in parts if part)


def stage_name(say: Translator, stage: Phase) -> str:
    """What a stage of a poll is called."""
    names = {
        "unopened": say("not open yet"),
        "proposals": say("proposals"),
        "predictions": say("predictions"),
        "bets": say("betting"),
        "voting": say("voting"),
        "ended": say("voting has ended"),
        "drawing": say("a lot is being drawn"),
        "counted": say("counted"),
        "provisional": say("result, provisional"),
        "final": say("result, final"),
    }
    return names[stage]


def _can(say: Translator, status: PollStatus, may: Collection[str]) -> str:
    if status.stage in ("counted", "provisional", "final"):
        return say("you can: read the result and count it anew")
    if status.stage in ("ended", "drawing"):
        return say("you can: wait for the count")
    if status.stage == Phase.UNOPENED:
        return say("you can: wait until the group's steward has opened it")
    if status.role == "guest":
        return say("you can: read; members vote")
    if status.role == "off-roll":
        return say("you can: read; you aren't on the roll of this poll")
    if status.locked:
        return say("you can: read; 🔒 delegates are frozen, and what you said before counts")
    if status.stage == Phase.VOTING:
        return _vote(say, status)
    return _earlier(say, status.stage, may)


def _vote(say: Translator, status: PollStatus) -> str:
    if status.can == "nothing":
        return say("you can: read; your key was recovered after the poll opened and counts nothing in it")
    if status.can == "change":
        return say("you can: change your ballot (cast)")
    return say("you can: vote (you haven't yet)")


def _earlier(say: Translator, stage: Phase, may: Collection[str]) -> str:
    if stage in NEEDED and NEEDED[stage] not in may:
        return say("you can: read; who speaks now needs more weight than you had when the poll opened")
    if stage == "proposals":
        return say("you can: propose")
    if stage == "predictions":
        return say("you can: say what would follow")
    return say("you can: bet on what would follow")


def _until(say: Translator, status: PollStatus, now: int) -> str:
    if status.until is None:
        return ""
    left = relative(say, status.until - now)
    if not left:
        return say("until %(moment)s", moment=say.moment(status.until))
    return say("until %(moment)s (in %(left)s)", moment=say.moment(status.until), left=left)


def relative(say: Translator, left: int) -> str:
    """How long that is, in its two largest units; empty if it is over."""
    if left <= 0:
        return ""
    days, hours, minutes = left // DAY, left % DAY // HOUR, left % HOUR // MINUTE
    if days:
        whole = say("%(days)s d", days=say.number(days))
        return f"{whole} {say('%(hours)s h', hours=hours)}" if hours else whole
    if hours:
        whole = say("%(hours)s h", hours=hours)
        return f"{whole} {say('%(minutes)s min', minutes=minutes)}" if minutes else whole
    return say("%(minutes)s min", minutes=minutes) if minutes else say("less than a minute")


def _counts(say: Translator, status: PollStatus, areas: Sequence[str]) -> str:
    """What the reader's vote counts for; nothing for who doesn't vote, or once it is over."""
    if status.role in ("guest", "off-roll") or status.stage in {*OVER, Phase.UNOPENED}:
        return ""
    votes = say.weight(status.votes) if status.by_weight else say.number(status.votes)
    if status.delegated and areas:
        return say.many(
            "your vote counts %(votes)s (+%(count)s voice that follows you in %(areas)s)",
            "your vote counts %(votes)s (+%(count)s voices that follow you in %(areas)s)",
            status.delegated,
            votes=votes,
            areas=", ".join(areas),
        )
    if status.delegated:
        return say.many(
            "your vote counts %(votes)s (+%(count)s voice that follows you)",
            "your vote counts %(votes)s (+%(count)s voices that follow you)",
            status.delegated,
            votes=votes,
        )
    return say("your vote counts %(votes)s", votes=votes)
