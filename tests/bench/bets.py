"""What the bets of a large poll cost: combined bets of 1,000 predictors, and everybody's score of a whole area.

Combined on one core and with one BLAS thread, as a pod runs it, in a process of its own. The oracle, in fractions,
shows what a smaller poll costs without NumPy. `measure()` is what the bench harness calls.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from random import Random
from time import process_time
from typing import Final

import numpy as np

from decisions.bets import NO_BET, PerMille
from decisions.combined_bets import combine
from decisions.evaluation import Outcome
from decisions.predictor_scores import PastPoll, PastStatement, replay
from protocol.ids import RecordId
from tests.decisions.oracles.combined_bets import ExactRule, combined_bet

LARGE: Final = (1_000, 2_000, 50)
SMALL: Final = (20, 40, 1)
POLLS, STATEMENTS, PREDICTORS = 200, 10, 1_000


def measure() -> list[tuple[str, float, str]]:
    """Milliseconds of CPU time, the best of five (of the replay: one)."""
    command = [sys.executable, "-m", "tests.bench.bets"]
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600, env=one_thread).stdout
    figures = (line.split("|") for line in told.splitlines())
    return [(name, float(figure), "ms") for name, figure in figures]


def main() -> None:
    """Print each figure on a line of its own."""
    for name, missing in (("all bet on all", 0.0), ("a tenth missing", 0.1), ("half missing", 0.5)):
        world = a_poll(*LARGE, missing)
        print(f"combined bets, {name} (limit 1000)|{best(lambda world=world: combine(*world)):.1f}")  # type: ignore[misc]
    small = a_poll(*SMALL, 0.1)
    print(f"combined bets of {SMALL[0]} predictors|{best(lambda: combine(*small)):.1f}")
    print(f"the same by the oracle in fractions|{best(lambda: by_the_oracle(*small), runs=1):.1f}")
    polls = an_area()
    print(
        f"scores of {PREDICTORS} from {POLLS * STATEMENTS} statements|{best(lambda: replay(polls, 10**9), runs=1):.1f}"
    )


def best(work: Callable[[], object], runs: int = 5) -> float:
    """The least CPU time of some runs, in milliseconds."""
    found = []
    for _ in range(runs):
        start = process_time()
        work()
        found.append(1000 * (process_time() - start))
    return min(found)


def a_poll(predictors: int, past: int, current: int, missing: float) -> tuple[PerMille, PerMille, PerMille]:
    """Bets that know something about the outcomes, with errors in common."""
    drawn = np.random.default_rng(1)
    outcomes = drawn.integers(0, 2, past) * 1000
    told = (outcomes + 500 + drawn.normal(0, 400, past) + drawn.normal(0, 600, (predictors, past))) / 2
    history = np.where(drawn.random((predictors, past)) < missing, NO_BET, np.clip(told, 0, 1000))
    bets = np.where(
        drawn.random((predictors, current)) < missing, NO_BET, drawn.integers(0, 1001, (predictors, current))
    )
    return history.astype(np.int16), outcomes.astype(np.int16), bets.astype(np.int16)


def by_the_oracle(past: PerMille, outcomes: PerMille, current: PerMille) -> Fraction | None:
    """The first statement of a poll, without NumPy."""
    exact = [[None if bet == NO_BET else Fraction(bet, 1000) for bet in row] for row in past.tolist()]
    bets = [None if bet == NO_BET else Fraction(bet, 1000) for bet in current[:, 0].tolist()]
    return combined_bet(exact, [Fraction(outcome, 1000) for outcome in outcomes.tolist()], bets, ExactRule())


def an_area() -> list[PastPoll]:
    """Polls in which each predictor bets on about half; each statement is evaluated before the next poll but one."""
    rng = Random(1)
    polls = []
    for number in range(1, POLLS + 1):
        statements = tuple(
            PastStatement(
                RecordId(f"{number}.{place}"),
                {member: rng.randint(0, 1000) for member in range(PREDICTORS) if rng.random() < 0.5},
                (Outcome(number * 100 + 110, 3, 0), Outcome(number * 100 + 120, 3, 4)),
            )
            for place in range(STATEMENTS)
        )
        polls.append(PastPoll(RecordId(str(number)), number * 100, statements))
    return polls


if __name__ == "__main__":
    main()
