"""A poll is counted: the result is a function of its definition, its roll, and a prefix of the group's log.

Rules of this file (decisions §1, §2.5):

1. What counts of each voter, `delegate_lock` says; whom a vote follows, `delegate_lists` and rule FL (`delegation`).
2. The quorum is judged on everybody whose vote reaches a ballot, a blank one included.
3. Options are in the poll's order. A result names the winners: none, one, or all that tie.

Two pods with the same records have the same `Result`, byte for byte, as canonical JSON.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from decisions.approval import count_approvals, divide
from decisions.breakdown import BandTable, Breakdown, bands_of_places, bands_of_scores, break_down
from decisions.concentration import concentration
from decisions.contest import without
from decisions.dates import DateOption, chosen_date
from decisions.delegate_lists import DelegateList, nearest_list, scopes_of, table_of
from decisions.delegate_lock import PollEntry, StandingEntries, standing
from decisions.delegation import Flags, Paths, resolve
from decisions.mandates import Mandates, Support, Voices, mandates
from decisions.ranking import Matrix, places_of, tally_rankings
from decisions.rolls import Roll
from decisions.score import NO_OPINION, tally_scores
from decisions.winners import highest
from protocol.ids import RecordId
from protocol.records.content import NO, YES, Ballot, Poll


class InLog(msgspec.Struct, frozen=True, gc=False):
    """A ballot and its place in the log."""

    index: int
    ballot: Ballot


Said = InLog | DelegateList | bool


@dataclass(frozen=True, slots=True, eq=False)
class PollQuestion:
    """A poll as it stands at the end of a round: its options and areas, `parents` of areas, the end of voting (ms)."""

    id: RecordId
    poll: Poll
    round: int
    options: tuple[str, ...]
    areas: tuple[str, ...]
    parents: Mapping[str, str]
    end: int


class OptionResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one option got: voices, or voices times scores; for a score poll also how many had an opinion.

    `mean` is a fraction, "numerator/denominator". `borda` is shown beside a ranking and decides nothing.
    """

    id: str
    support: Support
    opinions: Support | None = None
    mean: str | None = None
    borda: int | None = None


class Risk(msgspec.Struct, frozen=True):
    """How few ballots decide: how many carry votes, the largest share and that of ten, the fewest that decide."""

    roots: int
    largest: str
    top_ten: str
    majority: int


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a round came to. Voices are people, or their weights where weights vote."""

    poll: RecordId
    round: int
    roll: int
    counted: int
    direct: int
    blank: int
    silent: int
    stranded: int
    quorum_met: bool
    options: tuple[OptionResult, ...]
    winners: tuple[str, ...]
    risk: Risk
    beats: tuple[tuple[int, ...], ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """A result with what proves it: each voter's path, and by member the place in the log of the ballot that counts."""

    result: Result
    paths: Paths
    places: Mapping[int, int]
    breakdown: Breakdown


@dataclass(frozen=True, slots=True, eq=False)
class _Tally:
    """What a kind of poll makes of the ballots; `bands`: where their scores or places lie."""

    options: tuple[OptionResult, ...]
    winners: tuple[str, ...]
    beats: Matrix | None = None
    bands: BandTable | None = None


def count(
    question: PollQuestion,
    roll: Roll,
    entries: Sequence[PollEntry[Said]],
    *,
    lock: int,
    end: int,
    voided: Collection[int] = (),
    quorum_met: bool | None = None,
) -> Count:
    """Count a poll. `entries`: what voters and delegates said, without what fits nothing; `lock`, `end`: log sizes.

    A count that is repeated leaves out the `voided` members, and the first count says whether the quorum is met.
    """
    numbers = roll.numbers.tolist()
    index_of = {number: index for index, number in enumerate(numbers)}
    held = without(standing(entries, lock, end), voided)
    ballots = {author: one for author, one in held.ballots.items() if author in index_of and isinstance(one, InLog)}
    lists, listed = table_of(_lists(question, held), numbers, held.delegates)
    cast = np.zeros(len(numbers), np.bool_)
    cast[[index_of[author] for author in ballots]] = True
    paths = resolve(lists, cast)
    carried = mandates(paths, cast, listed, None if (roll.votes == 1).all() else roll.votes)
    if quorum_met is None:
        quorum_met = question.poll.quorum.is_met(carried.counted.voices, carried.roll.voices)
    cast_by = [(index_of[author], one.ballot) for author, one in sorted(ballots.items())]
    voices = carried.voices.of(np.array([index for index, _ in cast_by], np.int32))
    said = [ballot for _, ballot in cast_by]
    tally = _TALLIES[question.poll.kind](question, said, voices, met=quorum_met)
    result = _result(question, carried, said, voices, tally, met=quorum_met)
    breakdown = break_down(roll, carried.voices, tally.bands, voices)
    return Count(result, paths, {author: one.index for author, one in ballots.items()}, breakdown)


def _lists(question: PollQuestion, held: StandingEntries[Said]) -> dict[int, tuple[int, ...]]:
    """By member, whom their vote follows in this poll."""
    scopes, lists = scopes_of(question.id, question.areas, question.parents), {}
    for author, by_scope in held.delegations.items():
        said = {scope: one for scope, one in by_scope.items() if isinstance(one, DelegateList)}
        lists[author] = nearest_list(said, scopes, question.end)
    return lists


def _result(
    question: PollQuestion, carried: Mandates, ballots: Sequence[Ballot], voices: Voices, tally: _Tally, *, met: bool
) -> Result:
    blank = np.array([ballot.blank for ballot in ballots], np.bool_)
    risk = concentration(carried.people if carried.roll.people == carried.roll.voices else carried.voices.carried)
    return Result(
        poll=question.id,
        round=question.round,
        roll=carried.roll.voices,
        counted=carried.counted.voices,
        direct=int(voices.direct.sum()),
        blank=voices.behind(blank).total,
        silent=carried.silent.voices,
        stranded=carried.stranded.voices,
        quorum_met=met,
        risk=Risk(risk.roots, str(risk.largest), str(risk.top_ten), risk.majority),
        options=tally.options,
        winners=tally.winners,
        beats=tally.beats,
    )


def _for_against(_: PollQuestion, ballots: Sequence[Ballot], voices: Voices, *, met: bool) -> _Tally:
    division = divide(_flags(ballots, "choice", YES), _flags(ballots, "choice", NO), voices)
    options = (OptionResult(YES, division.yes), OptionResult(NO, division.no))
    return _Tally(options, (YES,) if division.is_carried(quorum_met=met) else ())


def _score(question: PollQuestion, ballots: Sequence[Ballot], voices: Voices, *, met: bool) -> _Tally:
    rows = [[(ballot.scores or {}).get(option, NO_OPINION) for ballot in ballots] for option in question.options]
    scores = np.array(rows, np.int8).reshape(len(question.options), len(ballots))
    tallies = tally_scores(scores, voices)
    options = tuple(
        OptionResult(option, one.scored, one.opinions, str(one.mean) if one.mean is not None else None)
        for option, one in zip(question.options, tallies, strict=True)
    )
    winners = highest([one.scored.total for one in tallies], quorum_met=met)
    return _won(question, options, winners, bands=bands_of_scores(scores))


def _approval(question: PollQuestion, ballots: Sequence[Ballot], voices: Voices, *, met: bool) -> _Tally:
    options = _approved(question, ballots, voices)
    return _won(question, options, highest([one.support.total for one in options], quorum_met=met))


def _date(question: PollQuestion, ballots: Sequence[Ballot], voices: Voices, *, met: bool) -> _Tally:
    options = _approved(question, ballots, voices)
    dates = [
        DateOption(option, said.start or 0, said.end or 0)
        for option, said in zip(question.options, question.poll.options, strict=True)
    ]
    chosen = chosen_date(dates, [one.support.total for one in options], quorum_met=met)
    return _won(question, options, () if chosen is None else (chosen,))


def _ranking(question: PollQuestion, ballots: Sequence[Ballot], voices: Voices, *, met: bool) -> _Tally:
    place = {option: index for index, option in enumerate(question.options)}
    rankings = [[place[option] for option in ballot.ranking or ()] for ballot in ballots]
    places = places_of(rankings, len(place))
    tally = tally_rankings(places, voices)
    named = [_named(option, [ballot.ranking for ballot in ballots]) for option in question.options]
    options = tuple(
        OptionResult(option, voices.behind(flags), borda=points)
        for option, flags, points in zip(question.options, named, tally.borda, strict=True)
    )
    winners = tally.winners(quorum_met=met)
    return _won(question, options, winners, beats=tally.preferences, bands=bands_of_places(places))


_TALLIES = {"for-against": _for_against, "score": _score, "approval": _approval, "date": _date, "ranking": _ranking}


def _approved(question: PollQuestion, ballots: Sequence[Ballot], voices: Voices) -> tuple[OptionResult, ...]:
    rows = [_named(option, [ballot.approvals for ballot in ballots]) for option in question.options]
    supports = count_approvals(np.array(rows, np.bool_).reshape(len(rows), len(ballots)), voices)
    return tuple(OptionResult(option, one) for option, one in zip(question.options, supports, strict=True))


def _won(
    question: PollQuestion,
    options: tuple[OptionResult, ...],
    winners: Sequence[int],
    *,
    beats: Matrix | None = None,
    bands: BandTable | None = None,
) -> _Tally:
    return _Tally(options, tuple(question.options[index] for index in winners), beats, bands)


def _named(option: str, lists: Sequence[Sequence[str] | None]) -> Flags:
    return np.array([option in (one or ()) for one in lists], np.bool_)


def _flags(ballots: Sequence[Ballot], name: str, value: str) -> Flags:
    return np.array([getattr(ballot, name) == value for ballot in ballots], np.bool_)
