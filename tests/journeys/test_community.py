"""5,881 real people and their 35,592 ratings become one group on two pods, through the one door; forgeries stay out."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pod.actions.chain.door import Outcome
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.proofs import sign
from tests.support.importing import drain, home_of, on, settle_members, take, verification_limit
from tests.support.people import agreed
from tests.support.rig import Person, ServedPod, call, eventually
from tests.support.trust_network import Body, Network

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PODS = 2
SEED = 35592


@pytest.fixture(scope="module")
def network(pods: list[ServedPod], real_input: Path) -> Network:
    first, second = map(home_of, pods)
    return Network(real_input / "bitcoin-otc-ratings.csv", (first, second))


def forged(network: Network, sound: list[Body]) -> tuple[list[Body], set[int]]:
    """The records with one in a hundred forged ones among them, and the places of these."""
    rng = Random(SEED)
    mixed: list[Body] = []
    places: set[int] = set()
    for body in sound:
        if rng.random() < 0.01:
            places.add(len(mixed))
            other = network.keys[body["author"] % network.count + 1]
            plain = {name: value for name, value in body.items() if name != "proof"}
            changed = {**plain, "counter": body["counter"] + 1_000_000}
            mixed.append(rng.choice([{**changed, "proof": body["proof"]}, sign(changed, other)]))
        mixed.append(body)
    return mixed, places


def test_a_real_community_on_two_pods_agrees_and_takes_no_forgery(network: Network, pods: list[ServedPod]) -> None:
    print(f"seed {SEED}")
    introductions = [body for pair in network.introductions() for body in pair]
    posts = network.posts(introductions)
    sound = [*introductions, *network.votes(posts)]
    mixed, forgeries = forged(network, sound)
    limit = verification_limit()
    seconds: list[float] = []

    async def imported(deps: Deps) -> list[Outcome]:
        await settle_members(deps, network)
        started = time.perf_counter()
        outcomes = await take(deps, network.group, mixed)
        await drain(deps, network.group)
        seconds.append(time.perf_counter() - started)
        return outcomes

    outcomes = on(pods[0], imported)

    refused = {place for place, outcome in enumerate(outcomes) if isinstance(outcome, RefusedError)}
    assert refused == forgeries
    assert all(outcomes[place].new for place in range(len(mixed)) if place not in forgeries)  # type: ignore[union-attr]
    tell("import", len(mixed), seconds[0], limit)
    check_both_agree(network, pods, posts, len(sound))


def tell(what: str, records: int, seconds: float, limit: float) -> None:
    rate = records / seconds
    print(f"{what}: {rate:.0f} records/s, {100 * rate / limit:.0f} % of {limit:.0f} verifications/s on one core")


def check_both_agree(network: Network, pods: list[ServedPod], posts: dict[int, RecordId], size: int) -> None:
    """The second pod pulls everything over HTTP; both say the same, and it is what the ratings come to."""
    group = network.group
    people = [pod.sign_up("reader") for pod in pods]
    for pod in pods:
        pod.start()
    started = time.perf_counter()
    token = people[1].account["token"]
    call("POST", f"{pods[1].url}/api/v1/groups/{group}/pulls", {"pod": pods[0].url}, token=token, seconds=300)
    eventually(lambda: held(people[1], group) == size, seconds=300)
    tell("pull over HTTP", size, time.perf_counter() - started, verification_limit())
    eventually(lambda: agreed(group, *people), seconds=60)
    expected, rng = network.scores(), Random(SEED)
    for number in [1, *rng.sample(sorted(posts), 200)]:
        answers = [call("GET", f"{pod.url}/api/v1/groups/{group}/posts/{posts[number]}") for pod in pods]
        assert answers[0] == answers[1]
        assert answers[0]["score"] == expected[number]


def held(person: Person, group: str) -> Any:
    return person.get(f"/api/v1/groups/{group}")["log"]["held"]
