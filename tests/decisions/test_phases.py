"""Phases: they follow each other, only time ends them, and going forward costs no voter an hour."""

from random import Random

import pytest

from decisions.phases import (
    DAY_MS,
    EVALUATION_MS,
    HOUR_MS,
    ORDER,
    FastForward,
    PollPlan,
    PollTimes,
    poll_times,
    second_round,
    vote_again,
)
from tests.decisions.oracles.poll_phases import walk

START = 1_000 * DAY_MS
PLAN = PollPlan(opened_at=START, proposals=4 * DAY_MS, predictions=2 * DAY_MS, bets=DAY_MS, voting=6 * DAY_MS)
SIMPLE = PollPlan(opened_at=START, voting=2 * DAY_MS)


def days(times: PollTimes) -> list[float]:
    return [(end - START) / DAY_MS for end in times.boundaries]


def a_plan(rng: Random, most: int = 5) -> PollPlan:
    proposals, predictions, bets, voting = (rng.choice([0, rng.randint(1, most)]) for _ in ORDER)
    return PollPlan(
        opened_at=rng.randint(1, 5),
        proposals=proposals,
        predictions=predictions,
        bets=bets,
        voting=voting or 1,
        lock=rng.randint(0, most),
        contest=rng.randint(0, most),
    )


def some_forwards(rng: Random, plan: PollPlan) -> list[FastForward]:
    times = sorted(rng.randint(plan.opened_at, plan.opened_at + 12) for _ in range(rng.randint(0, 4)))
    return [FastForward(at, at + rng.randint(-2, 9)) for at in times]


def useful_forwards(rng: Random, plan: PollPlan) -> list[FastForward]:
    """Like `some_forwards`, but mostly to ends as they stand."""
    forwards: list[FastForward] = []
    for one in some_forwards(rng, plan):
        ends = poll_times(plan, forwards).boundaries
        forwards.append(FastForward(one.at, rng.choice(ends)) if rng.random() < 0.8 else one)
    return forwards


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        (START - 1, None),
        (START, "proposals"),
        (START + 4 * DAY_MS - 1, "proposals"),
        (START + 4 * DAY_MS, "predictions"),
        (START + 6 * DAY_MS, "bets"),
        (START + 7 * DAY_MS, "voting"),
        (START + 13 * DAY_MS - 1, "voting"),
        (START + 13 * DAY_MS, "contest"),
        (START + 16 * DAY_MS - 1, "contest"),
        (START + 16 * DAY_MS, "final"),
    ],
)
def test_dc_03_at_a_deadline_the_next_phase_holds(at: int, phase: str | None) -> None:
    assert poll_times(PLAN).phase_at(at) == phase


def test_a_phase_of_length_zero_is_skipped() -> None:
    times = poll_times(SIMPLE)

    assert [phase for phase, _, _ in times.spans] == ["voting", "contest"]
    assert times.phase_at(START) == "voting"
    assert times.deadlines(0, START + 99 * DAY_MS) == (
        (START + DAY_MS, "lock"),
        (START + 2 * DAY_MS, "voting"),
        (START + 5 * DAY_MS, "contest"),
    )


def test_dc_08_delegates_are_locked_a_day_before_the_end_but_not_in_the_first_half() -> None:
    assert poll_times(PLAN).lock_at == START + 12 * DAY_MS
    short = PollPlan(opened_at=START, voting=12 * HOUR_MS)
    assert poll_times(short).lock_at == START + 6 * HOUR_MS


def test_bets_are_opened_for_a_day_or_a_quarter_of_a_shorter_voting() -> None:
    times = poll_times(PLAN)
    short = PollPlan(opened_at=START, bets=DAY_MS, voting=2 * DAY_MS)

    assert times.openings_end == times.voting_start + DAY_MS
    assert poll_times(short).openings_end == START + DAY_MS + 12 * HOUR_MS


def test_a_pod_that_slept_finds_the_opening_and_the_contest_window_still_open() -> None:
    times = poll_times(PLAN, bets_closed_at=START + 9 * DAY_MS, voting_closed_at=START + 30 * DAY_MS)

    assert times.voting_start == START + 7 * DAY_MS
    assert times.openings_end == START + 10 * DAY_MS
    assert times.phase_at(START + 33 * DAY_MS - 1) == "contest"
    assert times.phase_at(START + 33 * DAY_MS) == "final"


def test_a_prediction_is_evaluated_from_its_due_date_but_not_before_the_result_is_final() -> None:
    times = poll_times(PLAN)

    assert times.evaluation(START + 50 * DAY_MS) == (START + 50 * DAY_MS, START + 50 * DAY_MS + EVALUATION_MS)
    assert times.evaluation(START)[0] == times.contest_end


def test_going_forward_moves_all_later_times_by_the_same() -> None:
    forward = FastForward(START + DAY_MS, START + 4 * DAY_MS)

    assert days(poll_times(PLAN)) == [0, 4, 6, 7, 13]
    assert days(poll_times(PLAN, [forward])) == [0, 1, 3, 4, 10]
    assert poll_times(PLAN, [forward]).lock_at == START + 9 * DAY_MS


def test_going_forward_to_the_voting_skips_what_lies_between() -> None:
    times = poll_times(PLAN, [FastForward(START + DAY_MS, START + 7 * DAY_MS)])

    assert days(times) == [0, 1, 1, 1, 7]
    assert times.phase_at(START + DAY_MS - 1) == "proposals"
    assert times.phase_at(START + DAY_MS) == "voting"


@pytest.mark.parametrize(
    "forward",
    [
        FastForward(START + DAY_MS, START + 13 * DAY_MS),
        FastForward(START + DAY_MS, START + 5 * DAY_MS),
        FastForward(START + 5 * DAY_MS, START + 4 * DAY_MS),
        FastForward(START + 4 * DAY_MS, START + 4 * DAY_MS),
        FastForward(START + 8 * DAY_MS, START + 13 * DAY_MS),
        FastForward(START - DAY_MS, START + 4 * DAY_MS),
    ],
    ids=["over the voting", "to no end of a phase", "back", "to now", "within the voting", "before the poll"],
)
def test_going_forward_elsewhere_moves_nothing(forward: FastForward) -> None:
    assert poll_times(PLAN, [forward]) == poll_times(PLAN)


def test_two_who_press_at_once_go_forward_once_and_one_may_go_on_later() -> None:
    target = START + 4 * DAY_MS
    once, twice = FastForward(START + DAY_MS - 5, target), FastForward(START + DAY_MS, target)
    on = FastForward(START + 2 * DAY_MS - 5, START + 3 * DAY_MS - 5)

    assert poll_times(PLAN, [once, twice]) == poll_times(PLAN, [once])
    assert days(poll_times(PLAN, [once, twice, on])) == pytest.approx([0, 1, 2, 3, 9], abs=1e-6)


def test_the_phase_at_each_instant_is_the_one_that_a_walk_meets() -> None:
    rng = Random(21)
    for world in range(2000):
        plan = a_plan(rng)
        forwards = useful_forwards(rng, plan)
        lengths = [plan.proposals, plan.predictions, plan.bets, plan.voting]
        times = poll_times(plan, forwards)
        wanted = walk(plan.opened_at, lengths, [(one.at, one.target) for one in forwards], plan.opened_at + 30)
        told = [times.phase_at(at) for at in range(plan.opened_at, plan.opened_at + 30)]
        assert ["over" if one in {"contest", "final"} else one for one in told] == wanted, (world, plan, forwards)


def test_phases_partition_time_in_order() -> None:
    rng = Random(22)
    places = {phase: place for place, phase in enumerate((*ORDER, "contest", "final"))}
    for _ in range(1000):
        plan = a_plan(rng)
        times = poll_times(plan, useful_forwards(rng, plan))
        spans = times.spans
        assert [start for _, start, _ in spans] == [plan.opened_at, *(end for _, _, end in spans[:-1])]
        assert all(start < end for _, start, end in spans)
        told = [times.phase_at(at) for at in range(plan.opened_at, plan.opened_at + 40)]
        assert None not in told
        assert [places[one] for one in told if one] == sorted(places[one] for one in told if one)
        assert told[-1] == "final"


def test_going_forward_never_shortens_voting_nor_ends_what_is_over() -> None:
    rng = Random(23)
    for _ in range(1000):
        plan = a_plan(rng)
        forwards = useful_forwards(rng, plan)
        for known in range(len(forwards) + 1):
            times = poll_times(plan, forwards[:known])
            assert times.voting_end - times.voting_start == plan.voting
            assert times.voting_start <= times.lock_at <= times.voting_end
            if known:
                at, before = forwards[known - 1].at, poll_times(plan, forwards[: known - 1])
                pairs = list(zip(before.boundaries, times.boundaries, strict=True))
                assert all(end == former if former <= at else at <= end <= former for former, end in pairs)


def known_at(plan: PollPlan, forwards: list[FastForward], items: list[int]) -> PollTimes:
    """The times as the items so far tell them."""
    there = [one for one in forwards if one.at <= items[-1]]
    times = poll_times(plan, there)
    bets, voting = (next((at for at in items if at >= end), None) for end in (times.bets_end, times.voting_end))
    return poll_times(plan, there, bets_closed_at=bets, voting_closed_at=voting)


def test_dc_24_catching_up_in_one_step_or_in_many_meets_the_same_deadlines_at_the_same_items() -> None:
    rng = Random(24)
    for _ in range(1000):
        plan = a_plan(rng)
        forwards = useful_forwards(rng, plan)
        drawn = {rng.randint(plan.opened_at, plan.opened_at + 40) for _ in range(rng.randint(0, 12))}
        items = sorted(drawn | {one.at for one in forwards} | {plan.opened_at, plan.opened_at + 60})
        met: list[tuple[int, str]] = []
        for number, at in enumerate(items):
            after = items[number - 1] if number else plan.opened_at
            met += known_at(plan, forwards, items[: number + 1]).deadlines(after, at)

        assert met == list(known_at(plan, forwards, items).deadlines(plan.opened_at, items[-1]))
        assert len({what for _, what in met}) == len(met)


def test_after_a_tie_bets_and_voting_are_held_once_more_with_the_same_lengths() -> None:
    again = poll_times(second_round(PLAN, START + 13 * DAY_MS), [FastForward(START + DAY_MS, START + 4 * DAY_MS)])

    assert [(phase, (end - start) // DAY_MS) for phase, start, end in again.spans] == [
        ("bets", 1),
        ("voting", 6),
        ("contest", 3),
    ]


def test_after_a_contest_only_the_voting_is_held_once_more_and_it_is_final() -> None:
    times = poll_times(vote_again(PLAN, START + 16 * DAY_MS))

    assert [phase for phase, _, _ in times.spans] == ["voting"]
    assert times.phase_at(START + 22 * DAY_MS) == "final"
    assert times.openings_end == times.voting_start
