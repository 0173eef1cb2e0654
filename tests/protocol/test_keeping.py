"""What an honest keeper's pod signs and proposes after a steward was two-faced, one story a test."""

from __future__ import annotations

import pytest

from protocol import branches, keeping
from protocol.branches import View, confirm, extend, offered, resolve
from protocol.errors import NotConfirmedError, ShortOfQuorumError
from protocol.keeping import GOOD_LOG, Confirmed, SeatMemory
from protocol.records.chain import Ack
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState
from tests.support import community
from tests.support.community import Community, kept_by_all, pod_key, seat

HOUR = 3_600_000


def confirmed(view: View, *acks: Record) -> View:
    for ack in acks:
        assert isinstance(ack.content, Ack)
        view = confirm(view, ack.content)
    return view


class Fork:
    """A group of `count` whose steward, member 1, sealed two children, x and y, of the last settled item."""

    def __init__(self, count: int) -> None:
        self.group: Community = kept_by_all("fork", count)
        self.settled = self.group.now
        self.steward = self.group.people[0].pod
        self.items = [community.seal(self.settled, self.steward, at=self.settled.at + step) for step in (1, 2)]
        self.view = resolve(branches.opened(self.group.records[0]).state, [*self.group.records, *self.items])
        self.x, self.y = (self.view.nodes[item.id].state for item in self.items)

    def ack(self, member: int, state: GroupState) -> Record:
        return community.ack(member, self.group.people[member - 1].pod, state)

    def offer(self, state: GroupState, term: int, *members: int) -> Record:
        """A handover to the first of `members`, signed by all of them."""
        pods = [self.group.people[member - 1].pod for member in members]
        seats = [seat(one.number, one.pod) for one in self.group.people]
        return community.handover(state, pods[0], seats, [pod_key(pod) for pod in pods], term=term)

    def memory(self, member: int, state: GroupState) -> SeatMemory:
        key = pod_key(self.group.people[member - 1].pod).did
        return SeatMemory(key, Confirmed(state.head, state.height, state.term), state.term)

    def signs(self, memory: SeatMemory, view: View, parent: GroupState, term: int) -> bool:
        at = parent.at + HOUR
        try:
            keeping.check_sign(memory, view, parent.head, term, GOOD_LOG, at=at, now=at)
        except NotConfirmedError:
            return False
        return True

    def proposes_on(self, memory: SeatMemory, view: View) -> str:
        return keeping.parent_to_propose(memory, view, lambda _: GOOD_LOG, now=self.settled.at + HOUR)


def test_a_keeper_that_may_not_sign_on_the_chosen_branch_proposes_on_its_own() -> None:
    fork = Fork(4)
    view = confirmed(fork.view, fork.ack(2, fork.y), fork.ack(3, fork.x), fork.ack(4, fork.x))
    assert view.head == fork.x.head
    assert fork.proposes_on(fork.memory(3, fork.x), view) == fork.x.head
    view = confirmed(fork.view, fork.ack(2, fork.y), fork.ack(1, fork.y), fork.ack(4, fork.x))
    assert view.head == fork.y.head

    assert fork.proposes_on(fork.memory(4, fork.x), view) == fork.x.head
    assert fork.proposes_on(fork.memory(2, fork.y), view) == fork.y.head


def test_two_rivals_of_four_free_a_keeper_and_one_does_not() -> None:
    fork = Fork(4)
    view = confirmed(fork.view, fork.ack(2, fork.y), fork.ack(3, fork.x), fork.ack(4, fork.x))

    assert fork.signs(fork.memory(2, fork.y), view, fork.x, 2)
    assert not fork.signs(fork.memory(3, fork.x), view, fork.y, 2)


def test_the_word_of_a_two_faced_steward_frees_nobody() -> None:
    fork = Fork(4)
    view = confirmed(fork.view, fork.ack(1, fork.y), fork.ack(2, fork.y), fork.ack(3, fork.x))
    everything = [*fork.group.records, *fork.items, fork.ack(1, fork.y), fork.ack(2, fork.y), fork.ack(3, fork.x)]
    anew = resolve(branches.opened(fork.group.records[0]).state, everything, fork.settled.head)

    assert not fork.signs(fork.memory(3, fork.x), view, fork.y, 2)
    assert not fork.signs(fork.memory(3, fork.x), anew, fork.y, 2), "a pod that restarted still knows the liar"


def test_signatures_beside_an_item_free_its_keepers_even_if_the_handover_lacks_a_quorum() -> None:
    fork = Fork(7)
    view = confirmed(fork.view, *(fork.ack(member, fork.x) for member in (2, 3)))
    view = confirmed(view, *(fork.ack(member, fork.y) for member in (4, 5)))
    mine = fork.memory(2, fork.x)
    assert not fork.signs(mine, view, fork.y, 3)

    offer = fork.offer(fork.y, 2, 4, 5, 6, 7)
    with pytest.raises(ShortOfQuorumError):
        extend(view, offer)

    assert fork.signs(mine, offered(view, offer), fork.y, 3)
    assert not fork.signs(mine, offered(view, fork.offer(fork.y, 2, 1, 4, 5)), fork.y, 3)


def test_without_a_fork_no_signature_frees_anybody() -> None:
    fork = Fork(4)
    one = resolve(branches.opened(fork.group.records[0]).state, [*fork.group.records, fork.items[0]])
    view = offered(confirmed(one, fork.ack(3, fork.x)), fork.offer(fork.settled, 2, 1, 2))

    assert view.offers
    assert not fork.signs(fork.memory(3, fork.x), view, fork.settled, 3)


def test_copies_of_a_handover_that_reach_the_quorum_together_are_one_handover() -> None:
    fork = Fork(4)
    whole = fork.offer(fork.x, 2, 2, 3, 1)
    halves = [open_record({**whole.body, "proof": whole.body["proof"][part::2]}) for part in (0, 1)]
    view = fork.view
    for half in halves[:1]:
        with pytest.raises(ShortOfQuorumError):
            extend(view, half)
        view = offered(view, half)

    view = extend(view, halves[1])

    assert view.head == whole.id
    assert not view.offers
    scratch = resolve(branches.opened(fork.group.records[0]).state, [*fork.group.records, *fork.items, *halves])
    assert scratch.head == whole.id


def test_a_flood_of_offers_by_one_key_drives_out_only_its_own() -> None:
    fork = Fork(4)
    view = offered(fork.view, fork.offer(fork.x, 2, 2, 3))
    for term in range(3, 40):
        view = offered(view, fork.offer(fork.x, term, 1))

    assert len(view.offers) == 1 + 8
    strangers = [seat(1, "stranger")]
    assert offered(view, community.handover(fork.x, "stranger", strangers, [], term=9)).offers == view.offers


@pytest.mark.parametrize("acks_first", [False, True], ids=["the item first", "its acks first"])
def test_what_a_seat_confirmed_beside_a_settled_item_is_lost_whatever_came_first(acks_first: bool) -> None:
    fork = Fork(4)
    memory = fork.memory(4, fork.y)
    alone = resolve(branches.opened(fork.group.records[0]).state, [*fork.group.records, fork.items[1]])
    acks = [fork.ack(member, fork.x) for member in (1, 2, 3)]
    before = confirmed(alone, *acks) if acks_first else confirmed(extend(alone, fork.items[0]), *acks[:2])

    after = extend(before, fork.items[0]) if acks_first else confirmed(before, acks[2])

    assert after.anchor == fork.x.head
    kept = keeping.kept_in_mind(memory, before, after)
    assert kept.last == Confirmed(fork.y.head, fork.y.height, fork.y.term, lost=True)
    assert fork.signs(kept, after, fork.x, 2)
    assert keeping.kept_in_mind(fork.memory(1, fork.x), before, after) == fork.memory(1, fork.x)
