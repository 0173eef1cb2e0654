"""Ties: a second round among the tied, then a lot."""

import pytest

from decisions.ties import AfterTie, TieOutcome, outcome


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param((), None, TieOutcome(AfterTie.NOBODY), id="nobody wins"),
        pytest.param(("p1",), None, TieOutcome(AfterTie.CHOSEN, ("p1",)), id="one wins"),
        pytest.param(("p1", "p2"), None, TieOutcome(AfterTie.SECOND_ROUND, ("p1", "p2")), id="a tie"),
        pytest.param(("p1", "p2"), ("p2",), TieOutcome(AfterTie.CHOSEN, ("p2",)), id="the second round decides"),
        pytest.param(("p1", "p2"), ("p1", "p2"), TieOutcome(AfterTie.LOT, ("p1", "p2")), id="E2: it ties again"),
        pytest.param(
            ("p1", "p2", "p3"),
            ("p1", "p3"),
            TieOutcome(AfterTie.LOT, ("p1", "p3")),
            id="fewer tie again: a lot among those",
        ),
        pytest.param(("p1", "p2"), (), TieOutcome(AfterTie.LOT, ("p1", "p2")), id="the second round misses the quorum"),
    ],
)
def test_dc_18_what_a_count_leads_to(
    first: tuple[str, ...], second: tuple[str, ...] | None, expected: TieOutcome
) -> None:
    assert outcome(first, second) == expected
