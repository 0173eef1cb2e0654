"""A hostile steward among four keepers: each lie is caught and shown, another pod takes the job, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from decisions.bundle.verify import verify
from protocol.proofs import sign
from protocol.records.chain import Handover, Receipt, Seal
from protocol.records.envelope import open_record
from tests.support.asked_council import AskedCouncil
from tests.support.browsing import Browser
from tests.support.hostile import Body, HostilePod, Sight, id_of, log_of, serving
from tests.support.relay import relaying
from tests.support.rig import PORT, RefusedByHttpError, ServedPod, eventually, worker_number
from tests.support.town import MINUTE_MS, SEED, Council, Town

PODS = 3
RELAYED = True
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def method_of(proof: Body) -> str:
    return str(proof["verificationMethod"])


@pytest.fixture(scope="module")
def town(pods: list[ServedPod]) -> Iterator[Town]:
    print(f"seed {SEED}")
    with ExitStack() as stack:
        relays = [stack.enter_context(relaying(pod.named, PORT, pod.host)) for pod in pods]
        mal = stack.enter_context(serving(HostilePod(f"127.77.{worker_number()}.9", f"mal {SEED}")))
        yield Town(pods, relays, mal)


def test_a_steward_that_seals_far_in_the_future_is_not_confirmed_and_is_replaced(town: Town) -> None:
    """What such a seal holds counts as waiting: a record in one group, an operation in the other."""
    councils = Council(town, "Future record"), Council(town, "Future operation")
    told = []
    for council in councils:
        members = council.something_sealed(of_record=council is councils[0])
        sight = council.look()
        seal = town.mal.seal(sight, at=town.mal.now() + 5 * 60 * MINUTE_MS, **members(sight))
        town.mal.show(council.group, sight, seal, entries=council.waiting)
        council.tell(seal)
        told.append((council, sight, seal))

    for council, sight, seal in told:
        eventually(partial(council.heads, seal))
        for person in council.people:
            eventually(partial(council.doubts, person, seal, "item_ahead"))
            assert council.seen(person)["settled_height"] == sight.state.height
    town.pass_minutes(63)
    councils[0].is_freed(votes=1)
    councils[1].is_freed(votes=0)
    assert {councils[1].seen(person)["description"] for person in councils[1].people} == {"Wells and roads"}


def another_root(council: Council, sight: Sight, vote: Body) -> tuple[Body, list[Body]]:
    """Commits to a record that it doesn't show."""
    return sight.log(council.hidden()), [*sight.entries, vote]


def a_rewritten_log(council: Council, sight: Sight, vote: Body) -> tuple[Body, list[Body]]:
    """What stood first is replaced, and the root fits what it shows."""
    entries = [council.forged(vote), *sight.entries[1:], vote]
    return log_of(entries), entries


def another_root_of_the_same_size(_: Council, sight: Sight, vote: Body) -> tuple[Body, list[Body]]:
    """Nothing is added, but the root is another."""
    entries = [vote, *sight.entries[1:]]
    return log_of(entries), entries


def a_record_logged_twice(_: Council, sight: Sight, vote: Body) -> tuple[Body, list[Body]]:
    """The root fits, but what it logs stands in the log already."""
    entries = [*sight.entries, vote, sight.entries[0]]
    return log_of(entries), entries


def an_invented_record(council: Council, sight: Sight, vote: Body) -> tuple[Body, list[Body]]:
    """The root fits a record that its author never signed."""
    entries = [*sight.entries, vote, council.forged(vote)]
    return log_of(entries), entries


# Only of a log that adds nothing can a pod say that its root is a lie; of others it lacks what would give such a root.
LIES = {
    another_root: "records_lacking",
    a_rewritten_log: "records_lacking",
    another_root_of_the_same_size: "root_differs",
    a_record_logged_twice: "records_lacking",
    an_invented_record: "records_lacking",
}


def test_a_steward_that_lies_about_the_log_is_not_confirmed_and_is_replaced(town: Town) -> None:
    told = []
    for lie, rule in LIES.items():
        council = Council(town, lie.__name__)
        vote = council.vote(council.people[0])
        council.waits(vote)
        sight = council.look()
        log, entries = lie(council, sight, vote)
        seal = council.mal.seal(sight, log=log)
        council.mal.show(council.group, sight, seal).entries = entries
        council.tell(seal)
        told.append((council, sight, seal, rule))
    town.pass_minutes(2)

    for council, sight, seal, rule in told:
        assert council.heads(seal)
        for person in council.people:
            eventually(partial(council.doubts, person, seal, rule))
            assert council.seen(person)["settled_height"] == sight.state.height
    town.pass_minutes(62)
    for council, *_ in told:
        council.is_freed(votes=1)


def test_a_steward_that_withholds_a_record_is_shown_and_replaced_though_others_are_logged(town: Town) -> None:
    council = Council(town, "Withheld")
    ada, bo, _ = council.people
    withheld = council.vote(bo)
    council.waits(withheld)
    for minutes in (11, 11):
        vote = council.vote(ada)
        council.waits(vote)
        sight = council.look()
        seal = council.mal.seal(sight, log=sight.log(vote))
        council.mal.show(council.group, sight, seal, entries=[vote])
        council.tell(seal)
        eventually(partial(council.settled, len(sight.entries) + 1))
        town.pass_minutes(minutes)

        for person in council.people:
            eventually(partial(council.withholds, person, withheld))
    assert council.steward() == {council.mal.url}
    town.pass_minutes(40)
    council.is_freed(votes=3)


def test_forged_operations_are_void_and_shown_and_keepers_hand_over_by_hand(town: Town) -> None:
    council = Council(town, "Forged")
    mal, bo = council.mal, council.people[1]
    vote = council.vote(bo)
    council.waits(vote)
    sight = council.look()
    wish = {"type": "Operation", "rules": 1, "group": council.group, "author": 1, "key": 0, "counter": 500}
    wish |= {"at": mal.now(), "do": "set-weight", "with": {"member": council.number, "weight": 3000}}
    forged = sign(wish, mal.signing(council.group))
    broken = {**forged, "proof": {**forged["proof"], "verificationMethod": method_of(vote["proof"])}}
    forgeries = [forged, broken, {"type": "Operation"}]
    weights = {one["number"]: one["weight"] for one in council.seen(bo)["members"]}
    seal = mal.seal(sight, operations=forgeries, log=sight.log(vote))
    mal.show(council.group, sight, seal, entries=[vote])

    council.tell(seal)

    eventually(lambda: council.heads(seal) and council.settled(3))
    for person in council.people:
        assert {one["number"]: one["weight"] for one in council.seen(person)["members"]} == weights
        items = person.get(f"/api/v1/groups/{council.group}/items?from={seal['height']}")["items"]
        assert [void["position"] for void in items[0]["void"]] == [0, 1, 2]
        assert [void["rule"] for void in items[0]["void"]] == ["not_signed_by_author", *["malformed_operation"] * 2]
    town.pass_minutes(2)
    bo.post(f"/api/v1/groups/{council.group}/handovers", {})
    eventually(lambda: council.steward() == {bo.pod.url})
    council.is_freed(votes=1)


def test_a_steward_that_seals_two_children_of_one_parent_jams_nobody(town: Town) -> None:
    """The pods of ada and bo confirm x, cy's confirms y, each logs what the other lacks; mal's word is for y."""
    council = Council(town, "Two-faced")
    mal, third = council.mal, council.pods[2]
    ada, _, cy = council.people
    town.relays[2].cut()
    votes = [council.vote(ada), council.vote(cy)]
    sight = council.look()
    third.kill()  # it would pull x from the others
    x = mal.seal(sight, log=sight.log(votes[0]))
    y = council.lower_than(x, sight, votes[1])
    mal.show(council.group, sight, x, entries=votes[:1])
    assert [status for pod in council.pods[:2] for status in mal.tell(pod, x)] == [202, 202]
    eventually(lambda: council.confirmed_by(ada, x) == {1, 2})
    for relay in town.relays[:2]:
        relay.cut()
    mal.show(council.group, sight, y, entries=votes[1:])
    third.start()
    assert mal.tell(third, y) == [202]
    eventually(lambda: council.confirmed_by(cy, y) == {3})
    council.tell(mal.ack(sight.state, y, council.number))
    for relay in town.relays:
        relay.open()
    town.pass_minutes(2)

    for person in council.people:
        eventually(partial(council.proves, person, x, y))
        assert council.seen(person)["settled_height"] == sight.state.height
    assert council.heads(y), "who confirmed x may not sign on the branch that all prefer"
    for pod in (council.pods[0], council.pods[2]):
        pod.kill()
        pod.start()
    town.pass_minutes(62)
    council.is_freed(votes=2)
    assert {id_of(vote) for vote in votes} <= {id_of(entry) for entry in council.entries(cy)}


def test_a_keeper_that_names_absurd_terms_holds_nobody_up(town: Town) -> None:
    council = Council(town, "Absurd")
    mal, bo, relay = council.mal, council.people[1], town.relays[2]
    path = f"/api/v1/groups/{council.group}/handovers"
    term = council.seen(bo)["term"]
    asked: list[int] = []

    def absurd(offer: Body) -> tuple[int, Body]:
        asked.append(offer["term"])
        return 409, {"code": "not_confirmed", "highest_term": 2**40}

    mal.answers[f"/groups/{council.group}/handovers"] = absurd
    town.pass_minutes(2)
    relay.cut()
    for _ in range(2):
        with pytest.raises(RefusedByHttpError, match="too_few_signed"):
            bo.post(path, {})
        town.pass_minutes(2)
    relay.open()
    town.pass_minutes(2)
    bo.post(path, {})

    # Each refusal is followed by a second round that shows who signed.
    assert asked == [term + 1, term + 1, term + 18, term + 18, term + 35]
    council.is_freed(votes=0)


def test_a_handover_that_comes_in_copies_of_too_few_proofs_is_whole_once_all_came(town: Town) -> None:
    council = Council(town, "In copies")
    mal = council.mal
    town.pass_minutes(2)
    offer = mal.signed_by_all(council.group, *council.pods)
    proofs = {method_of(proof).partition("#")[0]: proof for proof in offer["proof"]}
    own = proofs.pop(mal.key.did)
    first, second = list(proofs.values())[::2], sorted([own, *list(proofs.values())[1::2]], key=method_of)
    forgetful = council.pods[0]
    forgetful.kill()  # what it was asked to sign it has seen
    forgetful.start()

    assert mal.tell(forgetful, {**offer, "proof": first}, {**offer, "proof": second}) == [409, 202]

    for pod in council.pods[1:]:
        assert mal.tell(pod, offer) == [202]
    eventually(lambda: council.heads(offer) and council.settled(2))


def test_dc_05_a_steward_that_drops_a_promised_ballot_is_replaced_and_the_ballot_counts(town: Town) -> None:
    council = AskedCouncil(town, "Dropped", minutes=6 * 60)
    ada, bo, _ = council.people
    dropped, other = council.cast(bo, "yes"), council.cast(ada, "yes")
    bos = Browser(bo.pod).sign_in("bo")
    assert "promised to log it by" in council.receipt_page(bos)
    town.pass_minutes(2)
    eventually(partial(council.is_promised_everywhere, dropped))
    sight = council.look()

    seal = council.seal(other)

    for person in council.people:
        eventually(partial(council.doubts, person, seal, "promise_broken"))
        eventually(partial(council.withholds, person, dropped))
        assert council.seen(person)["settled_height"] == sight.state.height
    town.pass_minutes(62)
    town.by_and_by(lambda: town.mal.url not in council.steward() and council.is_logged(dropped), minutes=16)
    # Not beyond the end: keepers that find it long overdue all at once propose themselves against each other.
    town.pass_minutes(council.minutes_to_the_end())
    town.by_and_by(lambda: council.phases() == {"provisional"})
    assert council.sums() == [{"yes": 2, "no": 0}] * 3
    assert "Your ballot is in the count ✓" in council.receipt_page(bos)
    for person in council.people:
        assert council.seen_poll(person)["left_out"] == 0
        assert "Contested" not in council.poll_page(person)


def test_dc_05_a_steward_that_ends_a_poll_without_a_promised_ballot_is_proven_wrong_for_ever(town: Town) -> None:
    """Nobody else writes, so the first item that leaves the ballot out is the one that ends the poll."""
    council = AskedCouncil(town, "Ended without", minutes=60)
    _, bo, cy = council.people
    counted = council.cast(cy, "no")
    council.seal(counted)
    eventually(partial(council.settled, 4))
    town.pass_minutes(50)
    dropped = council.cast(bo, "yes")
    town.pass_minutes(2)
    eventually(partial(council.is_promised_everywhere, dropped))
    sight = council.look()
    town.pass_minutes(10)

    seal = council.seal()

    for person in council.people:
        eventually(partial(council.doubts, person, seal, "promise_broken"))
        assert council.seen(person)["settled_height"] == sight.state.height
    bos = Browser(bo.pod).sign_in("bo")
    page = council.receipt_page(bos)
    assert "Your ballot isn't in the count, though the steward promised to log it by" in page
    assert "The keepers' servers haven't confirmed this end" in page
    assert proven(council, bos, dropped) == id_of(seal)

    # The handover is the first item after the end that the keepers confirm, and adds nothing to the log.
    town.pass_minutes(62)
    town.by_and_by(lambda: town.mal.url not in council.steward() and council.is_logged(dropped), minutes=16)
    town.by_and_by(lambda: council.phases() <= {"provisional", "final"})
    assert council.sums() == [{"yes": 0, "no": 1}] * 3
    assert proven(council, bos, dropped) not in (id_of(seal), "")
    assert "The result says so, too" in council.receipt_page(bos)
    for person, file in zip(council.people, council.files(), strict=True):
        assert council.seen_poll(person)["left_out"] == 1
        assert "Contested: 1 ballot isn't counted" in council.poll_page(person)
        assert verify(file).faults == ()


def proven(council: AskedCouncil, browser: Browser, ballot: Body) -> str:
    """The item that ended the poll, if the file proves that the steward had promised its log this ballot in time."""
    file = council.receipt_file(browser)
    assert (file["fate"], file["record"], file["proof"]) == ("left-out", ballot, None)
    promise, item = open_record(file["promise"]), open_record(file["item"])
    assert isinstance(promise.content, Receipt)
    assert isinstance(item.content, Seal | Handover)
    assert (promise.content.record, promise.content.steward) == (id_of(ballot), council.mal.key.did)
    assert promise.content.by < item.content.at
    assert id_of(ballot) not in [id_of(entry) for entry in council.entries(council.people[0])[: item.content.log.size]]
    return item.id
