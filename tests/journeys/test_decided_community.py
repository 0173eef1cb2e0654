"""5,881 real people decide on three pods: all follow whom they trust, a tenth vote, and every pod counts the same."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.envelope import open_record
from tests.decisions.oracles.delegation import resolve
from tests.support.cut_off import CutOff
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


def test_dc_17_its_file_is_counted_anew_by_the_wheel_alone_without_network(
    decided: DecidedNetwork, people: list[Person], tmp_path: Path
) -> None:
    files, stranger = [file_of(decided, person) for person in people], CutOff(tmp_path)
    assert stranger.is_apart()
    for number, data in enumerate(files):
        (stranger.folder / f"{number}.json").write_bytes(data)
        done = stranger.run("-m", "pod", "verify-result", f"{number}.json", "--jobs", "2", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
    assert len({json.dumps(json.loads(data)["stated"]) for data in files}) == 1
    for rule, change in TAMPERING.items():
        file = json.loads(files[-1])
        change(file)
        (stranger.folder / f"{rule}.tampered").write_text(json.dumps(file))
    told = json.loads(stranger.run("-c", VERIFY_ALL).stdout)
    assert told == {f"{rule}.tampered": [rule] for rule in TAMPERING}


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


# All in one process, because most of a process's time is its beginning.
VERIFY_ALL: Final = """
import json, pathlib
from decisions.bundle.verify import verify
files = pathlib.Path().glob("*.tampered")
print(json.dumps({file.name: [fault.rule.key for fault in verify(file.read_bytes()).faults] for file in files}))
"""
TAMPERING: Final[dict[str, Callable[[Any], None]]] = {
    "forged_record": change_ballot,
    "record_missing": drop_ballot,
    "ballot_added": add_ballot,
    "counted_twice": count_twice,
    "wrong_path": lead_elsewhere,
    "wrong_roll": shorten_roll,
    "wrong_log_root": swap_entries,
    "forged_item": forge_seal,
    "wrong_result": change_sum,
    "late_ballot": count_late,
    "key_after_recovery": count_recovered,
}
