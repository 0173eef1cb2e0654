"""The lock of delegates: the vector, and what changes for whom after it."""

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

import pytest

from decisions.contest import stands, without
from decisions.delegate_lock import EntryKind, PollEntry, StandingEntries, standing
from decisions.score import tally_scores
from decisions.winners import highest
from protocol.records.content import Quorum
from tests.decisions.small_polls import SmallPoll
from tests.support.folders import read_vectors

E7: Any = next(vector for vector in read_vectors("decisions_more.json") if vector["id"] == "E7")


class Log:
    """A log to write entries into, in order; each author's counter rises."""

    def __init__(self) -> None:
        self.entries: list[PollEntry[Any]] = []

    def add(self, author: int, kind: EntryKind, content: object, scope: str = "", counter: int | None = None) -> None:
        index = len(self.entries)
        rank = (0, index if counter is None else counter, f"{index}")
        self.entries.append(PollEntry(index, author, kind, scope, rank, content))


def of_vector() -> tuple[Log, int]:
    """The log of E7, and its size at the lock."""
    number = {name: index for index, name in enumerate(E7["members"])}
    log, at_lock = Log(), E7["at_lock"]
    for name in at_lock["declared"]:
        log.add(number[name], EntryKind.DECLARATION, "I offer myself")
    for name, row in at_lock["delegations"].items():
        log.add(number[name], EntryKind.DELEGATION, row)
    for name, ballot in at_lock["ballots"].items():
        log.add(number[name], EntryKind.BALLOT, ballot)
    lock = len(log.entries)
    for step in E7["after_lock_in_order"]:
        kinds = {"ballot": EntryKind.BALLOT, "delegation": EntryKind.DELEGATION, "declares": EntryKind.DECLARATION}
        kind = next(kind for name, kind in kinds.items() if name in step)
        log.add(number[step["by"]], kind, step.get("ballot") or step.get("delegation") or "now I do, too")
    return log, lock


def poll_of(counted: StandingEntries[Any]) -> tuple[SmallPoll, dict[str, Any]]:
    members = E7["members"]
    ballots = {members[author]: ballot for author, ballot in counted.ballots.items()}
    lists = {members[author]: of_scope[""] for author, of_scope in counted.delegations.items()}
    return SmallPoll(members, lists, list(ballots), [members[author] for author in counted.delegates]), ballots


def test_dc_08_e7_delegates_are_frozen_at_the_lock_and_others_vote_until_the_end() -> None:
    log, lock = of_vector()
    poll, ballots = poll_of(standing(log.entries, lock, len(log.entries)))
    _, found = poll.paths_and_mandates()
    expected = E7["expect"]
    assert poll.carried() == expected["weight"]
    assert poll.parents() == expected["parent"]
    assert poll.costs() == expected["cost"]
    assert found.counted.people == expected["counted"]
    assert (found.silent.people, found.stranded.people) == (len(expected["silent"]), 0)
    options = list(expected["sum"])
    tally = tally_scores(poll.scores(ballots, options), poll.voices())
    assert dict(zip(options, [option.scored.total for option in tally], strict=True)) == expected["sum"]
    assert dict(zip(options, [str(option.mean) for option in tally], strict=True)) == expected["mean"]
    met = Quorum(percent=E7["quorum_percent"]).is_met(found.counted.voices, found.roll.voices)
    won = highest([option.scored.total for option in tally], quorum_met=met)
    assert [options[index] for index in won] == expected["winners"]


def test_the_highest_counter_holds_and_not_the_last_in_the_log() -> None:
    log = Log()
    log.add(1, EntryKind.BALLOT, "new", counter=7)
    log.add(1, EntryKind.BALLOT, "old", counter=3)
    assert standing(log.entries, 2, 2).ballots == {1: "new"}
    assert standing(log.entries[1:], 2, 2).ballots == {1: "old"}


def test_a_withdrawn_ballot_is_none_and_an_older_one_does_not_revive() -> None:
    log = Log()
    log.add(1, EntryKind.BALLOT, "mine")
    log.add(1, EntryKind.BALLOT, None)
    assert standing(log.entries, 0, 2).ballots == {}


def test_a_resignation_after_the_lock_changes_nothing_and_one_before_it_frees() -> None:
    log = Log()
    log.add(1, EntryKind.DECLARATION, "I offer myself")
    log.add(1, EntryKind.DECLARATION, None)
    log.add(1, EntryKind.BALLOT, "late")
    assert standing(log.entries, 1, 3) == StandingEntries({}, {}, frozenset([1]))
    assert standing(log.entries, 2, 3) == StandingEntries({1: "late"}, {}, frozenset())


@pytest.mark.parametrize("seed", range(4))
def test_the_lock_agrees_with_its_definition(seed: int) -> None:
    for number in range(400):
        rng = Random(1000 * seed + number)
        log = Log()
        for _ in range(rng.randint(0, 25)):
            kind = rng.choice([*EntryKind])
            scope = rng.choice(["", "area:a"]) if kind is EntryKind.DELEGATION else ""
            log.add(rng.randrange(4), kind, rng.choice([None, "x", "y"]), scope, rng.randrange(6))
        lock = rng.randint(0, len(log.entries))
        end = rng.randint(lock, len(log.entries))
        found = standing(rng.sample(log.entries, len(log.entries)), lock, end)
        at_lock, at_end = (latest(log.entries[:size]) for size in (lock, end))
        delegates = {
            author for (author, kind, _), content in at_lock.items() if kind is EntryKind.DECLARATION and content
        }
        assert found.delegates == delegates
        held = {key: value for key, value in at_end.items() if key[0] not in delegates}
        held |= {key: value for key, value in at_lock.items() if key[0] in delegates}
        assert found.ballots == {author: vote for (author, kind, _), vote in held.items() if kind == 0 and vote}
        named = {(author, scope) for author, of_scope in found.delegations.items() for scope in of_scope}
        assert named == {(author, scope) for (author, kind, scope), row in held.items() if kind == 1 and row}


def latest(entries: Iterable[PollEntry[Any]]) -> Mapping[tuple[int, EntryKind, str], Any]:
    """What each register holds, by sorting all entries."""
    return {
        (entry.author, entry.kind, entry.scope): entry.content
        for entry in sorted(entries, key=lambda entry: entry.rank)
    }


def test_a_voided_member_neither_votes_nor_delegates_and_no_older_ballot_revives() -> None:
    log, lock = of_vector()
    log.add(1, EntryKind.BALLOT, {"p1": 0, "p2": 100}, counter=0)  # an older one of b's, logged late
    counted = without(standing(log.entries, lock, len(log.entries)), {1, 4})
    poll, ballots = poll_of(counted)
    _, found = poll.paths_and_mandates()
    assert ballots == {"d": {"p1": 20, "p2": 40}}
    assert poll.carried() == {"d": 1}
    assert found.silent.people == 3  # b, c and e
    assert found.stranded.people == 2  # a and f


@pytest.mark.parametrize(
    ("winners", "chosen", "repeated", "stand"),
    [
        pytest.param(("p1",), "p1", ("p1",), True, id="the same"),
        pytest.param(("p1",), "p1", ("p2",), False, id="another"),
        pytest.param(("p1",), "p1", ("p1", "p2"), False, id="a tie now"),
        pytest.param(("p1",), "p1", (), False, id="nobody now"),
        pytest.param((), None, (), True, id="nobody before and now"),
        pytest.param((), None, ("p1",), False, id="somebody now"),
        pytest.param(("p1", "p2"), "p1", ("p1", "p2"), True, id="the same tie, so the same lot"),
        pytest.param(("p1", "p2"), "p1", ("p1",), True, id="whom the lot chose wins alone"),
        pytest.param(("p1", "p2"), "p1", ("p2",), False, id="the other of the tie wins alone"),
    ],
)
def test_a_contested_result_stands_if_the_repeated_count_chooses_the_same(
    winners: tuple[str, ...], chosen: str | None, repeated: tuple[str, ...], *, stand: bool
) -> None:
    assert stands(winners, chosen, repeated) is stand
    assert stands(winners, chosen, repeated, held_again=True)


def test_the_quorum_of_a_contest_is_judged_on_the_first_count() -> None:
    log, lock = of_vector()
    first = standing(log.entries, lock, len(log.entries))
    poll, _ = poll_of(first)
    _, found = poll.paths_and_mandates()
    quorum = Quorum(percent=80)
    met = quorum.is_met(found.counted.voices, found.roll.voices)
    repeated, ballots = poll_of(without(first, {3}))
    _, again = repeated.paths_and_mandates()
    assert met
    assert not quorum.is_met(again.counted.voices, again.roll.voices)
    sums = [option.scored.total for option in tally_scores(repeated.scores(ballots, ["p1", "p2"]), repeated.voices())]
    assert highest(sums, quorum_met=met) == (0,)
