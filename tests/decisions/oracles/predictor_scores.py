"""Predictor scores straight from decisions §2, everything counted anew for every question; for small worlds."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from statistics import median
from typing import NamedTuple


class Statement(NamedTuple):
    """A statement: bets in thousandths, and the outcomes that were found, each with its leaf in the log."""

    name: str
    bets: Mapping[int, int]
    found: Sequence[tuple[int, bool | None]]


class Poll(NamedTuple):
    """A poll whose opening window ended at this size of the log."""

    name: str
    log_size: int
    statements: Sequence[Statement]


class ExactScores:
    """Scores of one area."""

    def __init__(self, polls: Sequence[Poll]) -> None:
        self.polls = polls
        self.score = cache(self._score)
        self.required = cache(self._required)

    def _score(self, member: int, log_size: int, *, with_last: bool = True) -> Fraction:
        """`with_last`: whether polls that end exactly at this size count already."""
        mine = [
            poll
            for poll in self.polls
            if (poll.log_size < log_size or (with_last and poll.log_size == log_size))
            and any(member in one.bets for one in poll.statements)
        ]
        total = sum((self.r(member, poll, log_size) for poll in mine), Fraction())
        return min(Fraction(1), max(Fraction(0), Fraction(1, 2) + total / (len(mine) + 10)))

    def r(self, member: int, poll: Poll, log_size: int) -> Fraction:
        gains = []
        for one in poll.statements:
            happened = next((what for leaf, what in reversed(one.found) if leaf < log_size), None)
            if member in one.bets and len(one.bets) >= 5 and happened is not None:
                own, *others = [
                    (happened - Fraction(bet, 1000)) ** 2
                    for who, bet in sorted(one.bets.items(), key=lambda entry: entry[0] != member)
                ]
                gains.append(median(others) - own)
        mean = sum(gains, Fraction()) / len(gains) if gains else Fraction()
        gap = any(member not in one.bets and one.name in self.required(poll.name) for one in poll.statements)
        return mean - Fraction(1, 20) if gap else mean

    def _required(self, name: str) -> list[str]:
        poll = next(poll for poll in self.polls if poll.name == name)
        return [
            one.name
            for one in poll.statements
            if len(one.bets) >= 3
            and max(one.bets.values()) - min(one.bets.values()) >= 200
            and sum(self.score(member, poll.log_size, with_last=False) for member in one.bets) >= Fraction(3, 2)
        ]
