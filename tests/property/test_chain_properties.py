"""The chain (protocol §6): what holds of every branchy history that honest, dead and hostile pods can make."""

import sys
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import currently_in_test_context, event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import branches, keeping, operations
from protocol.branches import View, resolve, weighing
from protocol.branches.view import merged
from protocol.chain import follow, found
from protocol.errors import RefusedError, UnknownParentError
from protocol.records.chain import Ack, Handover, Seal
from protocol.records.envelope import Record
from protocol.records.operation import Operation
from protocol.state import quorum, state_hash
from tests.property.faults import Fault, must_find, seed
from tests.property.quick_signatures import quick_signatures
from tests.property.simulated_pod import added
from tests.property.simulation import KINDS, World, a_world
from tests.support import community
from tests.support.community import a_community, kept, pod_key, recovered, seat

resolving_module = sys.modules["protocol.branches.resolve"]  # the package's name for it is the function
SEEDS = st.integers(0, 2**32)
WORLDS: dict[str, Any] = {"world": st.builds(a_world, SEEDS, st.sampled_from(KINDS))}


def happenings(world: World) -> dict[str, bool]:
    """What a history must hold now and then, for the properties to mean something."""
    items = [one for one in world.everything() if not isinstance(one.content, Ack)]
    known = resolve(found(world.pods[0].root).state, items)  # without acks nothing settles, so nothing is forgotten
    parents = [node.parent for node in known.nodes.values()]
    handovers = [node for node in known.nodes.values() if node.kind == "Handover" and node.state.term > 1]
    return {
        "fork": len(parents) > len(set(parents)),
        "void": any(node.void for node in known.nodes.values()),
        "handover": any(node.state.epoch == 0 for node in handovers),
        "recovery": any(node.recovers(known.nodes) for node in handovers),
    }


def tell(what: str, *, happened: bool) -> None:
    if currently_in_test_context():
        event(f"{what}: {'yes' if happened else 'no'}")


def outcome(view: View) -> tuple[object, ...]:
    """Head, state, settled height, and the void operations of the branch above the anchor."""
    void = [(item, view.nodes[item].void) for item in view.branch.values() if view.nodes[item].void]
    return view.head, state_hash(view.state), view.settled.height, sorted(void)


def fed(view: View, records: list[Record]) -> View:  # noqa: C901  (one loop, retried)
    """One after the other; what hangs in the air is tried again after each success."""
    gaps: list[Record] = []
    for record in records:
        queue = [record]
        while queue:
            try:
                view = added(view, queue.pop())
            except UnknownParentError:
                gaps.append(record)
                continue
            except RefusedError:
                continue
            if queue or not gaps:
                continue
            waiting, gaps = gaps, []
            for gap in waiting:
                try:
                    view = added(view, gap)
                    queue = [gap]
                except UnknownParentError:
                    gaps.append(gap)
                except RefusedError:
                    pass
    return view


def check_any_order_gives_the_same(world: World) -> None:
    for what, happened in happenings(world).items():
        tell(what, happened=happened)
    base, records = found(world.pods[0].root).state, world.everything()
    right = resolve(base, records)
    world.rng.shuffle(records)
    assert outcome(resolve(base, records + records[: len(records) // 2])) == outcome(right)


def check_incremental_equals_from_scratch(world: World) -> None:
    root, records = world.pods[0].root, world.everything()
    right = resolve(found(root).state, records)
    world.rng.shuffle(records)
    view = fed(branches.opened(root), records)
    for _ in range(3):
        view = fed(view, records)
    assert outcome(view)[:3] == outcome(right)[:3]


def check_settled_is_final_and_the_group_goes_on(world: World) -> None:
    assert world.goes_on(), "the group stands still"
    parents, at_height = world.parents(), dict[int, str]()
    for _, settled, top in world.settled():
        item, height = settled, top
        while item in parents:
            assert at_height.setdefault(height, item) == item, "two items settled at one height"
            item, height = parents[item], height - 1


def check_a_minority_changes_nothing_settled(world: World) -> None:
    state, records = found(world.pods[0].root).state, world.everything()
    before = resolve(state, records)
    settled = before.settled
    known = resolve(state, [one for one in records if not isinstance(one.content, Ack)], settled.head)
    whole = [state, *(node.state for node in known.nodes.values()), settled]
    liars = sorted(world.pods, key=lambda pod: not pod.hostile)[: quorum(len(settled.seats)) - 1]
    forged: list[Record] = []
    for below in whole:
        for pod in liars:
            forged.append(community.ack(pod.person.number, pod.name, below))
            forged.append(community.seal(below, pod.name, at=below.at + 1))
            keys, keepers = [pod_key(one.name) for one in liars], [seat(pod.person.number, pod.name)]
            forged.append(
                community.handover(below, pod.name, keepers, keys, term=below.term + world.rng.randrange(1, 9))
            )
    everything = [*records, *forged]
    world.rng.shuffle(everything)
    after = resolve(state, everything, settled.head)
    parents = {one.id: one.content.parent for one in everything if isinstance(one.content, Seal | Handover)}
    item, height = after.anchor, after.settled.height
    while height > settled.height:
        item, height = parents[item], height - 1
    assert item == settled.head


def check_operations_apply_once_and_by_their_authors(world: World) -> None:
    state = found(world.pods[0].root).state
    view = world.honest()[0].view
    items: dict[str, Record] = {}
    for pod in world.pods:
        for known, record in pod.items().items():
            # Pods may hold copies of a handover with fewer proofs: together they are what was signed.
            items[known] = merged(items[known], record) if known in items else record
    path, item = [], view.head
    while item in items:
        path.append(items[item])
        item = path[-1].content.parent  # type: ignore[union-attr,assignment]
    applied: set[str] = set()
    for record in reversed(path):
        followed = follow(state, record)
        void = {position for position, _ in followed.void}
        assert isinstance(record.content, Seal | Handover)
        for position, wish in enumerate(record.content.operations):
            if position in void or not isinstance(wish, Operation):
                continue
            assert wish.id not in applied, "an operation applied twice"
            applied.add(wish.id)
            if wish.author:
                author = state.members[wish.author]
                assert (author.signing if wish.recovery is None else author.recovery[-1]) in wish.signers
        state = followed.state
        assert state.owners == sum(map(state.is_owner, state.members.values())) >= 1
        assert community.kept(state) == state, "what is kept of members follows from them"
    tell("applied", happened=bool(applied))


LONE: dict[str, Any] = {"seed": SEEDS}


def check_a_lone_person_gets_away(seed: int) -> None:
    """The old pod goes on lying with its key and, later, with the replaced recovery key; an old anchor gives way."""
    rng = Random(seed)
    grown = a_community("lone", rng.choice((1, 3)))
    me, old = grown.people[0], grown.people[0].pod
    base = found(grown.records[0]).state
    thief = community.Person(me.name, old)
    tip = grown.now
    own: list[Record] = []
    for number in range(rng.randrange(4)):
        own.append(community.seal(tip, old, at=tip.at + number))
        tip = follow(tip, own[-1]).state
        own.append(community.ack(1, old, tip))
    before = resolve(base, [*grown.records[1:], *own])
    states = [grown.now, tip]
    start = rng.choice(states)  # only the lost pod may have settled more
    move = recovered(start, me, "refuge")
    moved = follow(start, move).state
    mine = [move, community.ack(1, "refuge", moved)]
    records = [*grown.records[1:], *own, *mine]
    rng.shuffle(records)
    away = resolve(base, records, before.anchor)
    tell("recovery", happened=True)
    tell("taken back", happened=start is not tip)
    assert away.state.head == move.id
    assert away.anchor == move.id
    stolen = recovered(rng.choice(states), thief, "lair", keys_of="thief")
    followed = next(follow(s, stolen).state for s in states if stolen.content.parent == s.head)  # type: ignore[union-attr]
    again = recovered(followed, thief, "den")
    higher = follow(followed, again).state
    lies = [stolen, community.ack(1, "lair", followed), again, community.ack(1, "den", higher)]
    everything = [*records, *lies]
    rng.shuffle(everything)
    assert resolve(base, everything, away.anchor).anchor == move.id
    assert resolve(moved, everything).anchor == move.id


def check_homes_are_those_of_the_members(world: World) -> None:
    """What is counted as members come, go and move is what a look at all of them counts."""
    for pod in world.pods:
        for node in pod.view.nodes.values():
            assert kept(node.state) == node.state


CHECKS: list[tuple[Callable[..., None], dict[str, Any]]] = [
    (check_any_order_gives_the_same, WORLDS),
    (check_incremental_equals_from_scratch, WORLDS),
    (check_settled_is_final_and_the_group_goes_on, WORLDS),
    (check_a_minority_changes_nothing_settled, WORLDS),
    (check_homes_are_those_of_the_members, WORLDS),
    (check_operations_apply_once_and_by_their_authors, WORLDS),
    (check_a_lone_person_gets_away, LONE),
]
NAMES = [check.__name__ for check, _ in CHECKS]


@pytest.mark.parametrize(("check", "strategies"), CHECKS, ids=NAMES)
def test_for_all_histories(check: Callable[..., None], strategies: dict[str, Any]) -> None:
    settings(max_examples=40, derandomize=True)(given(**strategies)(check))()


def test_histories_hold_what_the_properties_are_about() -> None:
    with quick_signatures():
        histories = [happenings(a_world(number, kind)) for number in range(12) for kind in KINDS]
    shares = {what: sum(happened[what] for happened in histories) / len(histories) for what in histories[0]}

    assert min(shares.values()) >= 0.1, shares


def _nobody_moves(state: Any, member: Any, **fields: Any) -> Any:
    return replace(state, members=state.members.set(member.number, member), **fields)


def _majority_of_one(_: int) -> int:
    return 1


def _lowest_id(nodes: Any, children: Any, *_: Any) -> str:
    return str(min(item for item in nodes if not children.get(item)))


def _even_the_last_owner(state: Any, number: int, weight: int, *, left: bool = False) -> Any:
    before = state.members[number]
    after = replace(before, weight=weight, left=left)
    owners = state.owners - state.is_owner(before) + state.is_owner(after)
    return replace(state, members=state.members.set(number, after), owners=owners)


ANY_ORDER = "any order, repetition or batch gives the same"
INCREMENTAL = "incremental = from scratch"
FINAL = "settled is final"
GOES_ON = "the group goes on"
MINORITY = "a minority changes nothing settled"
ONCE = "no operation applies twice"
AUTHORS = "no operation applies without its author's key"
OWNER = "an owner remains"
AWAY = "a person always gets away"
settling = check_settled_is_final_and_the_group_goes_on
applying = check_operations_apply_once_and_by_their_authors

SEEDED = [
    (
        seed("the first list of proofs stays", ANY_ORDER, resolving_module, "merged", lambda one, _other: one),
        check_any_order_gives_the_same,
        WORLDS,
    ),
    (
        seed("more proofs of a known item are lost", INCREMENTAL, resolving_module, "_counted", lambda v, _: v),
        check_incremental_equals_from_scratch,
        WORLDS,
    ),
    (
        seed("parts of a handover are lost", INCREMENTAL, resolving_module, "with_offer", lambda o, *_: o),
        check_incremental_equals_from_scratch,
        WORLDS,
    ),
    (
        seed("homes are of those who came first", INCREMENTAL, operations, "with_member", _nobody_moves),
        check_homes_are_those_of_the_members,
        WORLDS,
    ),
    (seed("one ack settles", FINAL, weighing, "quorum", _majority_of_one), settling, WORLDS),
    (seed("whoever waits never proposes", GOES_ON, keeping, "proposal_due", lambda *_, **__: False), settling, WORLDS),
    (
        seed("any branch takes the anchor", MINORITY, resolving_module, "given_way", _lowest_id),
        check_a_minority_changes_nothing_settled,
        WORLDS,
    ),
    (seed("counters don't count", ONCE, operations, "_counted", lambda state, _, __: state), applying, WORLDS),
    (
        seed("whoever is named wrote it", AUTHORS, operations, "_author", lambda s, o: s.members[o.author]),
        applying,
        WORLDS,
    ),
    (seed("the last owner may go", OWNER, operations, "_with_weight", _even_the_last_owner), applying, WORLDS),
    (
        seed("nothing gives way", AWAY, resolving_module, "given_way", lambda *a: a[-1]),
        check_a_lone_person_gets_away,
        LONE,
    ),
]


@pytest.mark.parametrize(("fault", "check", "strategies"), SEEDED, ids=[fault.name for fault, _, _ in SEEDED])
def test_the_property_finds_the_seeded_fault(fault: Fault, check: Callable[..., None], strategies: Any) -> None:
    must_find(fault, check, strategies, max_examples=200)
