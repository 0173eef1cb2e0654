"""One number a statement says what all its bets say together; it is shown and never decides, so it may be a float.

Rules of this file (decisions §2, "Combined bet"):

1. History: statements of the area that were evaluated before. An error is outcome − bet, on a statement that came out
   yes or no. One that stayed undecided counts as ½ in the mean outcome, and nowhere else (vector B8). Everything is
   taken over the statements that the predictor bet on: a mean over others would blame them for what they never said.
2. Covariance of two predictors: over the statements that both bet on, around the means there, divided by their number
   and halved; 0 where they have none in common.
3. Variance of one: (n·s² + 1)/(n + 4) + 10⁻³ with n·s² the sum of squared errors around their mean. A newcomer has ¼.
4. Bias of one: n/(n + 2)·(mean outcome − mean bet). It is added to the bet, and the sum cut to 0 … 1.
5. Weights of those who bet on a statement: A⁻¹·1, scaled to the sum 1, with A their covariances; negative ones become 0
   and the rest is scaled again. All weigh the same if none is left or A is singular.
6. "Singular" means: so near to it that rounding would show in the sixth decimal. It is measured on three fixed right
   sides, because identical predictors don't show on the side of ones alone.

Bets are thousandths, so the sums behind every covariance are whole numbers below 2⁵³ (up to 94,000 statements), and
every machine divides the same ones. Only the solution of the equations is rounded, by less than a verifier allows.
Run it with one BLAS thread (OPENBLAS_NUM_THREADS=1): on a busy machine several of them wait for each other, up to
twenty times as long as one needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from decisions.bets import MAX_BET, NO_BET, PerMille

Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

UNDECIDED: Final = MAX_BET // 2
MOST_BLOWN_UP: Final = 1e8  # leaves half of a float's sixteen digits
MOST_LEFT_OVER: Final = 1e-9


@dataclass(frozen=True, slots=True)
class CombinationRule:
    """The numbers of rules 2 to 5. The one in force has the defaults; the vectors also test it without them."""

    covariance_share: float = 0.5
    prior_statements: int = 4
    prior_squares: float = 1.0
    least_variance: float = 1e-3
    bias_prior: int = 2
    clips_weights: bool = True


IN_FORCE: Final = CombinationRule()


@dataclass(frozen=True, slots=True, eq=False)
class CombinedBets:
    """Of each statement: the combined bet, NaN if nobody bet; and what each predictor's bet weighs in it.

    `weights` has a row a predictor, a column a statement; `bias` what is added to each predictor's bets.
    """

    values: Floats
    weights: Floats
    bias: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _System:
    """The equations of rule 5 for all predictors. `magnitudes`: of the matrix's members; `sides`: three right sides."""

    matrix: Floats
    magnitudes: Floats
    inverse: Floats | None
    sides: Floats


def combine(past: PerMille, outcomes: PerMille, current: PerMille, rule: CombinationRule = IN_FORCE) -> CombinedBets:
    """Combine the bets of a poll. Rows are predictors, in `past` and `current` alike; columns are statements.

    `outcomes` of the past ones: 0, UNDECIDED or 1000. The order of predictors and of statements doesn't matter.
    """
    matrix = _covariances(past, outcomes, rule)
    bias = _bias(past, outcomes, rule)
    took_part = current != NO_BET
    weights = _weights(matrix, took_part, rule)
    adjusted = np.where(took_part, np.clip(current / MAX_BET + bias[:, None], 0, 1), 0)
    values = np.clip((weights * adjusted).sum(axis=0), 0, 1)
    values[~took_part.any(axis=0)] = np.nan
    return CombinedBets(values, weights, bias)


def _covariances(past: PerMille, outcomes: PerMille, rule: CombinationRule) -> Floats:
    """Rules 2 and 3. Floats hold whole numbers here until the last division."""
    counted = (past != NO_BET) & (outcomes != UNDECIDED)
    mask = counted.astype(np.float64)
    errors = np.where(counted, outcomes.astype(np.float64) - past, 0)
    common = mask @ mask.T
    sums = errors @ mask.T  # row: whose errors are summed; column: with whom these statements are shared
    products = common * (errors @ errors.T) - sums * sums.T
    size = np.diag(common)
    unit = MAX_BET**2
    squares = np.diag(products) / np.maximum(size, 1) / unit  # n·s²
    matrix: Floats = rule.covariance_share * products / np.maximum(common, 1) ** 2 / unit
    variances = (squares + rule.prior_squares) / np.maximum(size + rule.prior_statements, 1) + rule.least_variance
    np.fill_diagonal(matrix, variances)
    return matrix


def _bias(past: PerMille, outcomes: PerMille, rule: CombinationRule) -> Floats:
    """Rule 4. Sums of whole numbers, so their order doesn't matter."""
    took_part = past != NO_BET
    counted = took_part & (outcomes != UNDECIDED)
    size = counted.sum(axis=1)
    mean_outcome = (took_part * outcomes.astype(np.int64)).sum(axis=1) / np.maximum(took_part.sum(axis=1), 1)
    mean_bet = (counted * past.astype(np.int64)).sum(axis=1) / np.maximum(size, 1)
    trust = size / np.maximum(size + rule.bias_prior, 1)
    bias: Floats = trust * (mean_outcome - mean_bet) / MAX_BET
    return bias


def _weights(matrix: Floats, took_part: Flags, rule: CombinationRule) -> Floats:
    """Rule 5, for each statement among those who bet on it."""
    weights = np.zeros(took_part.shape)
    if not took_part.size:
        return weights
    system = _system(matrix)
    columns, which = np.unique(took_part, axis=1, return_inverse=True)
    for number, column in enumerate(columns.T):
        there = np.flatnonzero(column)
        if len(there):
            solved = _solve(system, column)
            weights[np.ix_(there, np.flatnonzero(which == number))] = _scaled(solved, len(there), rule)[:, None]
    return weights


def _scaled(solved: Floats | None, size: int, rule: CombinationRule) -> Floats:
    """Weights with the sum 1 from the solution of A·x = 1; equal ones if there is none."""
    equal = np.full(size, 1 / size)
    if solved is None or abs(solved.sum()) * MOST_BLOWN_UP < np.abs(solved).sum():
        return equal
    weights: Floats = solved / solved.sum()
    if not rule.clips_weights:
        return weights
    clipped = np.maximum(weights, 0)
    return clipped / clipped.sum() if clipped.any() else equal


def _right_sides(size: int) -> Floats:
    """Ones, and two columns of signs that look random and are the same everywhere."""
    places = np.arange(1, size + 1)
    signs = [np.where(np.sin(step * places * places) < 0, -1.0, 1.0) for step in (1.0, 2.0)]
    return np.column_stack([np.ones(size), *signs])


def _system(matrix: Floats) -> _System:
    try:
        inverse: Floats | None = np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        inverse = None
    return _System(matrix, np.abs(matrix), inverse, _right_sides(len(matrix)))


def _solve(system: _System, column: Flags) -> Floats | None:
    """A⁻¹·1 for the rows and columns of `column`; None if that part of the matrix is as good as singular.

    Vectors have their whole length here, with zeros outside of `column`: no part of the matrix has to be copied.
    """
    wanted = np.where(column[:, None], system.sides, 0)
    size = (system.magnitudes @ column)[column].max()
    try:
        found = _by_the_inverse(system.inverse, wanted, column)
        if found is None or np.abs((system.matrix @ found - wanted)[column]).max() > MOST_LEFT_OVER:
            found = np.zeros(wanted.shape)
            found[column] = np.linalg.solve(system.matrix[np.ix_(column, column)], wanted[column])
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(found).all() or np.abs(found).max() * size > MOST_BLOWN_UP:
        return None
    solved: Floats = found[column, 0]
    return solved


def _by_the_inverse(inverse: Floats | None, wanted: Floats, column: Flags) -> Floats | None:
    """The solution for a part of the matrix by the inverse of the whole, B: B_SS − B_SR·B_RR⁻¹·B_RS, R being the rest.

    It costs as much as the smaller of both parts: fifty statements with fifty sets of predictors are as quick as one.
    """
    rest = np.flatnonzero(~column)
    if inverse is None or 2 * len(rest) > len(column):
        return None
    sides = wanted.copy()
    if len(rest):
        sides[rest] = -np.linalg.solve(inverse[np.ix_(rest, rest)], inverse[rest] @ wanted)
    found: Floats = inverse @ sides
    found[rest] = 0
    return found
