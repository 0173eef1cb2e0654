"""Step 5: who may vote and how many must take part; what happens in a tie, and what everybody can see."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from pod.actions.decisions.typed_polls import TypedPoll
from pod.actions.reading.decisions.questions import describe_roll
from pod.deps import Deps
from pod.translations import Translator
from pod.web.asking.asked import AskedGroup
from pod.web.asking.typed_poll import quorum_of


class VotesForm(msgspec.Struct, frozen=True):
    """The fields of the step."""

    percent: str = ""
    voices: str = ""
    do: str = ""


class VotesView(msgspec.Struct, frozen=True):
    """What the step shows."""

    roll: str
    least: str
    tie: str


def typed_votes(poll: TypedPoll, form: VotesForm, _: int) -> TypedPoll:
    """The poll with what the step asked."""
    return replace(poll, percent=form.percent, voices=form.voices)


async def check_step(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> None:
    """Refuse a quorum that is no number."""
    assert deps
    assert asked
    quorum_of(poll)


async def show_votes(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> VotesView:
    """The step."""
    say, state = asked.say, asked.seen.state
    return VotesView(
        roll=await roll_sentence(deps, asked),
        least=say("Needed: weight %(weight)s.", weight=say.weight(max(1, state.permission("vote")))),
        tie=tie_sentence(say, poll.kind),
    )


async def roll_sentence(deps: Deps, asked: AskedGroup) -> str:
    """How many would be on the roll now."""
    roll, say = await describe_roll(deps, asked.account, asked.seen.group), asked.say
    people = say.many(
        "If the poll were opened now, %(count)s member would be on the roll.",
        "If the poll were opened now, %(count)s members would be on the roll.",
        roll.people,
    )
    return f"{people} {say('Votes count by weight in this group.')}" if roll.by_weight else people


def tie_sentence(say: Translator, kind: str) -> str:
    """What happens if two options end alike."""
    if kind == "for-against":
        return say("If as many are against it as for it, it isn't accepted.")
    if kind == "date":
        return say("If two times have as many ticks, the one that begins earlier wins.")
    return say(
        "If options end alike, the group votes once more on those alone. If they end alike again, a lot decides, "
        "which anybody can draw again and check."
    )
