"""What a poll came to, in words: who won and how, what a tie or a contest led to, turnout, quorum, how few decided."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from decisions.ballot_origins import Origins
from decisions.breakdown import Breakdown
from decisions.count import Result
from pod.actions.decisions.poll_course import Phase
from pod.actions.reading.decisions.poll_page import PollPageSight
from pod.actions.reading.decisions.polls import PollOutcome, VisiblePoll
from pod.translations import Translator
from pod.web.decisions.status_sentence import relative
from pod.web.decisions.wording import option_name, quorum_sentence
from pod.web.group.wording import host_of
from protocol.records.content import YES

LATE_MS: Final = 10 * 60_000
TOP: Final = 10  # ballots whose common part is told, where there are more


def winner_sentence(say: Translator, poll: VisiblePoll, outcome: PollOutcome) -> str:
    """Who won, in one sentence."""
    last = outcome.results[-1]
    if outcome.chosen is None:
        return _undecided(say, poll, last)
    if not outcome.chosen:
        return _nobody(say, poll, last)
    name = option_name(say, poll, outcome.chosen[0])
    if poll.kind == "for-against":
        return say("It is accepted.") if outcome.chosen[0] == YES else say("It isn't accepted.")
    if outcome.drawing is not None:
        return say("“%(name)s” was chosen by lot.", name=name)
    return say("“%(name)s” won.", name=name)


def _undecided(say: Translator, poll: VisiblePoll, result: Result) -> str:
    names = ", ".join(option_name(say, poll, one) for one in result.winners)
    return say("Nothing is decided yet: %(names)s tie.", names=names) if names else say("Nothing is decided yet.")


def _nobody(say: Translator, poll: VisiblePoll, result: Result) -> str:
    if result.counted == 0:
        return say("Nobody voted, so nothing is decided.")
    if not result.quorum_met:
        return say("Nothing is decided: too few were counted.")
    if poll.kind == "for-against":
        return say("It isn't accepted.")
    return say("Nothing is decided: no option was given anything.")


def state_sentences(say: Translator, seen: PollPageSight, outcome: PollOutcome) -> Iterator[str]:
    """How sure the result is."""
    poll = seen.sight.poll
    match poll.phase:
        case Phase.COUNTED:
            yield say("This is the count of this pod. The group's keepers haven't confirmed the end yet.")
        case Phase.PROVISIONAL if poll.times is not None:
            yield say("It is provisional until %(moment)s.", moment=say.moment(poll.times.contest_end))
        case Phase.FINAL:
            yield say("It is final.")
        case _:
            pass
    if seen.sight.left_out:
        yield say.many(
            "Contested: %(count)s ballot isn't counted, though the steward had promised in time to log it. This pod has"
            " the signed promise.",
            "Contested: %(count)s ballots aren't counted, though the steward had promised in time to log them. This pod"
            " has the signed promises.",
            seen.sight.left_out,
        )
    if seen.voided and poll.phase is Phase.PROVISIONAL:
        yield say.many(
            "Member %(numbers)s took their votes out of the count. Once the time to contest is over, all pods count"
            " once more without them.",
            "Members %(numbers)s took their votes out of the count. Once the time to contest is over, all pods count"
            " once more without them.",
            len(seen.voided),
            numbers=", ".join(map(str, seen.voided)),
        )
    if outcome.confirmed_by_one:
        yield say("Confirmed by one pod only: the group has no other keepers.")
    late = seen.closed_at - poll.times.voting_end if seen.closed_at is not None and poll.times is not None else 0
    if late > LATE_MS:
        yield say(
            "Closed late: the item that ended the voting came %(time)s after the deadline. What reached the log before"
            " it is counted.",
            time=relative(say, late),
        )


def turnout_rows(say: Translator, poll: VisiblePoll, result: Result, *, by_weight: bool) -> list[tuple[str, str]]:
    """How many were counted, and by what way."""

    def told(amount: int) -> str:
        return say.weight(amount) if by_weight else say.number(amount)

    def of_roll(amount: int) -> str:
        return f"{told(amount)} ({_percent(say, Fraction(amount, result.roll))})" if result.roll else told(amount)

    return [
        (say("On the roll"), told(result.roll)),
        (say("Counted"), of_roll(result.counted)),
        (say("by their own ballot"), told(result.direct)),
        (say("through delegates"), told(result.counted - result.direct)),
        (say("Blank"), told(result.blank)),
        (say("Silent: no ballot and no delegates"), told(result.silent)),
        (say("Stranded: delegates, but none who voted"), told(result.stranded)),
        (say("Quorum"), f"{quorum_sentence(say, poll.quorum)} {_met(say, result)}"),
    ]


def _met(say: Translator, result: Result) -> str:
    return say("It was met.") if result.quorum_met else say("It wasn't met.")


def risk_sentences(say: Translator, result: Result) -> Iterator[str]:
    """How few people decided."""
    risk = result.risk
    if not risk.roots:
        return
    yield say.many(
        "%(count)s ballot carries all that is counted.", "%(count)s ballots carry all that is counted.", risk.roots
    )
    yield say("The ballot that carries most carries %(part)s of it.", part=_percent(say, Fraction(risk.largest)))
    if risk.roots > TOP:
        yield say("The ten that carry most carry %(part)s.", part=_percent(say, Fraction(risk.top_ten)))
    yield say.many(
        "%(count)s ballot alone holds more than half.",
        "%(count)s ballots together hold more than half.",
        risk.majority,
    )


def origin_sentences(say: Translator, breakdown: Breakdown | None) -> Iterator[str]:
    """From which pods the ballots came, and how many have young keys; nothing of a result that was kept before."""
    origins = breakdown.origins if breakdown is not None else Origins()
    if not origins.pods:
        return
    named = [f"{host_of(one.pod)} ({say.number(one.ballots)})" for one in origins.pods]
    named += [say("other pods (%(count)s)", count=say.number(origins.others))] if origins.others else []
    yield say("Ballots by the pod at which who cast them is at home: %(pods)s.", pods=", ".join(named))
    yield say.many(
        "%(count)s ballot was signed with a key younger than 30 days.",
        "%(count)s ballots were signed with keys younger than 30 days.",
        origins.young,
    )


def tie_story(say: Translator, poll: VisiblePoll, outcome: PollOutcome) -> Iterator[str]:
    """What a tie led to, step by step; nothing where there was none."""
    first = outcome.results[0]
    if len(first.winners) > 1:
        yield say("The first voting tied: %(names)s.", names=_names(say, poll, first.winners))
    if len(outcome.results) > 1 and outcome.results[1].round == 2:
        second = outcome.results[1]
        if len(second.winners) == 1:
            yield say("The second voting was among these, and decided.")
        elif second.winners:
            yield say("The second voting tied again: %(names)s.", names=_names(say, poll, second.winners))
        else:
            yield say("The second voting chose nobody, so the lot is drawn among those of the first.")
    yield from _lot(say, outcome)


def _lot(say: Translator, outcome: PollOutcome) -> Iterator[str]:
    drawn = outcome.drawing
    if drawn is None:
        return
    yield say("A lot was drawn. Its seed is %(seed)s; whoever has the result's file draws it again.", seed=drawn.seed)
    if drawn.by_one_pod:
        yield say("It was drawn by one pod.")
    if drawn.unopened:
        numbers = ", ".join(map(str, drawn.unopened))
        yield say.many(
            "This keeper gave a share and didn't open it: member %(numbers)s.",
            "These keepers gave a share and didn't open it: members %(numbers)s.",
            len(drawn.unopened),
            numbers=numbers,
        )


def contest_story(say: Translator, poll: VisiblePoll, outcome: PollOutcome) -> Iterator[str]:
    """What became of it because members contested it; nothing where nobody did."""
    contested = outcome.contested
    if contested is None:
        return
    numbers = ", ".join(map(str, contested.voided))
    yield say.many(
        "Contested: member %(numbers)s voided their votes, and it was counted again without them.",
        "Contested: members %(numbers)s voided their votes, and it was counted again without them.",
        len(contested.voided),
        numbers=numbers,
    )
    if contested.stands:
        yield say("The same was chosen, so it stands.")
    else:
        names = _names(say, poll, contested.winners) or say("nobody")
        yield say("Without them %(names)s would have won, so the voting was held once more.", names=names)


def _names(say: Translator, poll: VisiblePoll, options: tuple[str, ...]) -> str:
    return ", ".join(option_name(say, poll, one) for one in options)


def _percent(say: Translator, part: Fraction) -> str:
    return f"{say.number(round(float(part) * 100, 1))}\u00a0%"
