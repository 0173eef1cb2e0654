"""Where ballots came from is counted by the present homes, bounded, and by the ages of the keys."""

from __future__ import annotations

from decisions.ballot_origins import MOST_PODS, Origins, PodBallots, origins_of
from protocol.keys import DidKey
from protocol.records.parts import Home
from protocol.state import Member, MemberKey


def member(number: int, pod: str, *heights: int) -> Member:
    keys = tuple(MemberKey(DidKey(f"did:key:{number}-{height}"), height, by_recovery=False) for height in heights)
    return Member(number, 1000, Home(pod, DidKey("did:key:pod")), keys, (), heights[0])


def test_dc_17_ballots_are_counted_by_pod_and_by_the_age_of_the_newest_key() -> None:
    homes = {1: ("https://b", [0]), 2: ("https://a", [0, 9]), 3: ("https://b", [7]), 4: ("https://c", [8])}
    members = {number: member(number, pod, *heights) for number, (pod, heights) in homes.items()}

    found = origins_of(members, [1, 2, 3], since=8)

    assert found == Origins((PodBallots("https://b", 2), PodBallots("https://a", 1)), others=0, young=1)


def test_dc_17_many_pods_are_summed() -> None:
    members = {number: member(number, f"https://{number:03}", 0) for number in range(1, 50)}

    found = origins_of(members, range(1, 50), since=1)

    assert len(found.pods) == MOST_PODS
    assert sum(one.ballots for one in found.pods) + found.others == 49
    assert found.young == 0
