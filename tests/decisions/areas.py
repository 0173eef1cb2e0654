"""Small imagined areas of predictors, for the tests of their scores."""

from __future__ import annotations

from random import Random

from decisions.evaluation import Outcome
from decisions.predictor_scores import PastPoll, PastStatement
from protocol.ids import RecordId
from tests.decisions.oracles.predictor_scores import Poll, Statement

OUTCOMES = {True: (3, 0), False: (0, 3), None: (2, 2)}


def a_statement(name: str, bets: dict[int, int], *found: tuple[int, bool | None]) -> PastStatement:
    return PastStatement(RecordId(name), bets, tuple(Outcome(leaf, *OUTCOMES[what]) for leaf, what in found))


def a_poll(name: str, log_size: int, *statements: PastStatement) -> PastPoll:
    return PastPoll(RecordId(name), log_size, statements)


def an_area(rng: Random, most_polls: int = 4) -> list[PastPoll]:
    """Polls of up to seven predictors whose bets, outcomes and places in the log are drawn."""
    polls = []
    for number in range(rng.randint(0, most_polls)):
        size = rng.randint(1, 30)
        statements = [
            a_statement(f"{number}.{place}", _bets(rng), *_found(rng, size)) for place in range(rng.randint(0, 3))
        ]
        polls.append(a_poll(str(number), size, *statements))
    return polls


def _bets(rng: Random) -> dict[int, int]:
    members = rng.sample(range(1, 8), rng.randint(0, 7))
    near = rng.choice([100, 1000])
    return {member: rng.randrange(0, near + 1, 50) for member in members}


def _found(rng: Random, size: int) -> list[tuple[int, bool | None]]:
    leaves = sorted(rng.sample(range(size, size + 20), rng.randint(0, 3)))
    return [(leaf, rng.choice([True, False, None])) for leaf in leaves]


def as_told(polls: list[PastPoll]) -> list[Poll]:
    """The same area for the oracle."""
    return [
        Poll(
            poll.id,
            poll.log_size,
            [
                Statement(one.id, one.bets, [(outcome.leaf, outcome.happened) for outcome in one.outcomes])
                for one in poll.statements
            ],
        )
        for poll in polls
    ]
