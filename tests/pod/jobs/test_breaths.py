"""How long what belongs into one seal is gathered."""

from __future__ import annotations

from pod.jobs.loops import LONGEST_BREATH_SECONDS, TICK_SECONDS, breath_after


def test_a_pod_that_has_little_to_do_seals_at_once() -> None:
    assert breath_after(0) == breath_after(TICK_SECONDS / 4) == TICK_SECONDS


def test_a_pod_that_has_much_to_do_makes_fewer_seals_but_never_waits_long() -> None:
    assert TICK_SECONDS < breath_after(0.06) < breath_after(0.1) < LONGEST_BREATH_SECONDS
    assert breath_after(60) == LONGEST_BREATH_SECONDS < 1
