"""Records of a real community through the door: opened, judged, stored, projected, sealed, confirmed, on one core."""

from __future__ import annotations

import time
from itertools import islice

from pod.deps import Deps
from tests.bench.place import a_pod, on_core, pss_mib
from tests.support.folders import folder_of
from tests.support.importing import drain, home_of, on, settle_members, take, verification_limit
from tests.support.trust_network import Body, Network

VOTES = 15_000


def measure() -> list[tuple[str, float, str]]:
    """Records a second for joins and for votes, and their share of the Ed25519 limit of the same core."""
    with a_pod("bulk") as pod, on_core(0):
        home = home_of(pod)
        network = Network(folder_of("data") / "bitcoin-otc-ratings.csv", (home, home))
        introductions = [body for pair in network.introductions() for body in pair]
        votes = list(islice(network.votes(network.posts(introductions)), VOTES))
        seconds = on(pod, lambda deps: _import(deps, network, introductions, votes))
        limit = verification_limit()
    records = len(introductions) + len(votes)
    rate = records / seconds[1]
    return [
        ("Ed25519 verifications (the limit)", limit, "1/s"),
        ("joins by invitation (three signatures each)", network.count / seconds[0], "1/s"),
        ("profiles, introductions, votes", rate, "1/s"),
        ("share of the limit (aim 40)", 100 * rate / limit, "%"),
        ("memory of this process, everything signed included", pss_mib("self"), "MiB"),
    ]


async def _import(deps: Deps, network: Network, introductions: list[Body], votes: list[Body]) -> list[float]:
    started = time.perf_counter()
    await settle_members(deps, network)
    members = time.perf_counter()
    await take(deps, network.group, introductions)
    await take(deps, network.group, votes)
    await drain(deps, network.group)
    return [members - started, time.perf_counter() - members]
