"""The reader beside their delegate and the group, option by option: what may be told of it, as words and picture."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pod.actions.reading.decisions.poll_page import PollPageSight
from pod.plots.plot import Plot
from pod.plots.standpoints import Standpoint, standpoints
from pod.translations import Translator
from pod.web.decisions.wording import option_name
from pod.web.group.wording import member_name
from protocol.records.content import Ballot


def standpoint_plot(say: Translator, seen: PollPageSight) -> Plot | None:
    """Who gave what; None in other polls than score polls, and where nobody's scores may be told to the reader.

    The group's mean is told once voting has ended, a delegate's ballot once it can't change any more.
    """
    sight = seen.sight
    own = _scores(sight.own.says if sight.own is not None else None)
    theirs = _scores(seen.delegate.says if seen.delegate is not None else None)
    means = _means(seen)
    if sight.poll.kind != "score" or not (own or theirs) or not (theirs or means):
        return None
    points = [
        Standpoint(option_name(say, sight.poll, one), own.get(one), theirs.get(one), means.get(one))
        for one in (means or seen.order)
    ]
    return standpoints(say, points, delegate=delegate_name(say, seen), key="own")


def delegate_name(say: Translator, seen: PollPageSight) -> str:
    """What the page calls the reader's delegate; empty for who has none here."""
    return member_name(say, seen.delegate.number, seen.delegate.name) if seen.delegate is not None else ""


def delegate_note(say: Translator, seen: PollPageSight) -> str:
    """What becomes of the vote of who has a delegate, said beside the ballot once delegates are locked."""
    name = delegate_name(say, seen)
    if not name:
        return ""
    if seen.sight.status.voted:
        return say(
            "🔒 %(name)s has voted and can't change that any more. Your own ballot counts; withdraw it, and your vote"
            " follows %(name)s.",
            name=name,
        )
    return say(
        "🔒 %(name)s has voted and can't change that any more. If you cast nothing, your vote follows %(name)s.",
        name=name,
    )


def _scores(said: Ballot | None) -> Mapping[str, int]:
    return said.scores or {} if said is not None and not said.withdraw else {}


def _means(seen: PollPageSight) -> dict[str, Fraction | None]:
    """The group's, by option in the order of the result; nothing before the round that is held has one."""
    outcome = seen.sight.outcome
    last = outcome.results[-1] if outcome is not None else None
    options = last.options if last is not None and last.round == seen.sight.poll.round else ()
    return {one.id: Fraction(one.mean) if one.mean is not None else None for one in options}
