"""5,881 real people decide on three pods: all follow whom they trust, a tenth vote, and every pod counts the same."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import run
from typing import Any, Final

import pytest

from decisions.bundle.verify import verify
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.envelope import open_record
from tests.decisions.oracles.delegation import resolve
from tests.support.decided_network import HOUR, OPTIONS, DecidedNetwork
from tests.support.importing import drain, home_of, on, settle_members, take
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually
from tests.support.trust_network import Network

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PODS = 3
SEED: Final = 5881
# ALTHING_FULL=1: all of them. A quarter tells the same in a quarter of the time.
PEOPLE: Final = None if os.environ.get("ALTHING_FULL") else 1500


@pytest.fixture(scope="module")
def decided(pods: list[ServedPod], real_input: Path) -> DecidedNetwork:
    """The poll, voted and ended on the first pod; nobody serves yet."""
    network = Network(real_input / "bitcoin-otc-ratings.csv", tuple(map(home_of, pods)), most=PEOPLE)
    deciding = DecidedNetwork(network, SEED)

    async def imported(deps: Deps) -> None:
        await settle_members(deps, network)
        for part in (deciding.before(), [deciding.opening()], [deciding.recovery()], deciding.votes()):
            outcomes = await take(deps, network.group, part)
            assert [outcome for outcome in outcomes if isinstance(outcome, RefusedError)] == []
            await drain(deps, network.group)

    pods[0].set_clock(0)
    for pod in pods[1:]:
        pod.clock_file.symlink_to(pods[0].clock_file)
    on(pods[0], imported)
    pods[0].set_clock(HOUR + 60_000)
    return deciding


@pytest.fixture(scope="module")
def people(decided: DecidedNetwork, pods: list[ServedPod]) -> list[Person]:
    """Somebody at each pod, once all pods hold the whole log and have counted."""
    people = [pod.sign_up("reader") for pod in pods]
    for pod in pods:
        pod.start()
    group, poll = decided.network.group, decided.poll.id
    for person in people[1:]:
        eventually(partial(pulls, person, group, pods[0].url), seconds=600)
    for person in people:
        eventually(partial(is_counted, person, group, poll), seconds=300)
    return people


def pulls(person: Person, group: RecordId, pod: str) -> bool:
    """Have a pod pull the group from another one; False where that one took too long to answer, as it may at first."""
    path, token = f"{person.pod.url}/api/v1/groups/{group}/pulls", person.account["token"]
    try:
        call("POST", path, {"pod": pod}, token=token, seconds=300)
    except RefusedByHttpError as refusal:
        if refusal.status != 502:
            raise
        return False
    return True


def is_counted(person: Person, group: RecordId, poll: RecordId) -> bool:
    try:
        return bool(person.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] == "provisional")
    except RefusedByHttpError as refusal:
        if refusal.status not in (404, 503):
            raise
        return False


def counted_by_hand(decided: DecidedNetwork) -> tuple[list[int], int]:
    """Each option's sum, and how many are counted, voter by voter with the plain rule."""
    network = decided.network
    roll = [number for number in sorted(network.keys) if network.weight_of(number) > 0]
    place = {number: index for index, number in enumerate(roll)}
    lists = [[place.get(delegate, -1) for delegate in decided.lists.get(number, [])] for number in roll]
    lists = [[-1 if one == index else one for one in row] for index, row in enumerate(lists)]
    parents, costs = resolve(lists, [number in decided.ballots for number in roll])
    sums, reached = [0] * OPTIONS, 0
    for index, cost in enumerate(costs):
        end = index
        while cost is not None and parents[end] >= 0:
            end = parents[end]
        reached += cost is not None
        for option, score in decided.ballots[roll[end]].items() if cost is not None else ():
            sums[int(option)] += score
    return sums, reached


def test_three_pods_count_alike_and_as_the_plain_rule_does(decided: DecidedNetwork, people: list[Person]) -> None:
    outcomes = [asked(decided, person)["outcome"] for person in people]

    assert outcomes[0] == outcomes[1] == outcomes[2]
    (result,) = outcomes[0]["results"]
    sums, reached = counted_by_hand(decided)
    assert [one["support"]["direct"] + one["support"]["delegated"] for one in result["options"]] == sums
    assert result["counted"] == reached
    assert result["direct"] == sum(decided.network.weight_of(number) > 0 for number in decided.ballots)


def test_its_file_is_verified_without_a_pod(decided: DecidedNetwork, people: list[Person], tmp_path: Path) -> None:
    files = [file_of(decided, person) for person in people]
    for number, data in enumerate(files):
        path = tmp_path / f"{number}.json"
        path.write_bytes(data)
        command = [sys.executable, "-m", "pod", "verify-result", str(path), "--jobs", "2", "--json"]
        done = run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert len({json.dumps(json.loads(data)["stated"]) for data in files}) == 1


def file_of(decided: DecidedNetwork, person: Person) -> bytes:
    return json.dumps(asked(decided, person, "/bundle")).encode()


def asked(decided: DecidedNetwork, person: Person, what: str = "") -> Any:
    """What the person's pod says of the poll, however long a busy machine needs to count thousands."""
    path = f"{person.pod.door}/api/v1/groups/{decided.network.group}/polls/{decided.poll.id}{what}"
    return call("GET", path, token=person.account["token"], seconds=120)


def ballot_in(file: Any) -> Any:
    return next(one for one in file["records"] if one["type"] == "Ballot")


def change_ballot(file: Any) -> None:
    ballot_in(file)["scores"] = {"00": 99}


def drop_ballot(file: Any) -> None:
    file["records"].remove(ballot_in(file))


def add_ballot(file: Any) -> None:
    file["stated"]["rounds"][0]["ballots"].append([1, 0])


def count_twice(file: Any) -> None:
    ballots = file["stated"]["rounds"][0]["ballots"]
    ballots.append(ballots[-1])


def lead_elsewhere(file: Any) -> None:
    paths = file["stated"]["rounds"][0]["paths"]
    place = next(place for place, path in enumerate(paths) if path[2] > 0)
    paths[place] = [1, *paths[place][1:]] if paths[place][0] != 1 else [2, *paths[place][1:]]


def shorten_roll(file: Any) -> None:
    file["stated"]["roll"].pop()
    file["stated"]["votes"].pop()


def swap_entries(file: Any) -> None:
    leaves = file["leaves"]
    leaves[-2], leaves[-1] = leaves[-1], leaves[-2]


def forge_seal(file: Any) -> None:
    file["items"][-1]["at"] += 1


def change_sum(file: Any) -> None:
    file["stated"]["rounds"][0]["result"]["options"][0]["support"]["direct"] += 1


def count_late(file: Any) -> None:
    file["stated"]["rounds"][0]["ballots"].append([1, len(file["leaves"]) + file["start"]])


def count_recovered(file: Any) -> None:
    late = next(one for one in reversed(file["records"]) if one["type"] == "Ballot" and one["key"] == 1)
    place = file["start"] + next(i for i, leaf in enumerate(file["leaves"]) if leaf == leaf_of(late))
    file["stated"]["rounds"][0]["ballots"].append([late["author"], place])


def leaf_of(body: Any) -> str:
    return str(open_record(body).id)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (change_ballot, "forged_record"),
        (drop_ballot, "record_missing"),
        (add_ballot, "ballot_added"),
        (count_twice, "counted_twice"),
        (lead_elsewhere, "wrong_path"),
        (shorten_roll, "wrong_roll"),
        (swap_entries, "wrong_log_root"),
        (forge_seal, "forged_item"),
        (change_sum, "wrong_result"),
        (count_late, "late_ballot"),
        (count_recovered, "key_after_recovery"),
    ],
)
def test_tampering_with_its_file_is_named(
    decided: DecidedNetwork, people: list[Person], change: Callable[[Any], None], rule: str
) -> None:
    file = json.loads(honest(decided, people[2]))
    change(file)

    assert [fault.rule.key for fault in verify(json.dumps(file).encode()).faults] == [rule]


_FILE: list[bytes] = []


def honest(decided: DecidedNetwork, person: Person) -> bytes:
    """The file as the third pod gives it, fetched once."""
    if not _FILE:
        _FILE.append(file_of(decided, person))
    return _FILE[0]
