"""Strangers wait for the work that they cause: honest requests, memory, disk and other servers hardly notice it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.load import attacks, hostile_pods
from tests.hostile.load.ground import Attack, Ground, a_ground, attacked, check, check_serving

SECONDS = 2.0
# Whoever reads takes a second of the processor before it counts as much; so long that this is a small part of the time.
SECONDS_OF_READERS = 5.0
SECONDS_OF_ALL = 28 * 60.0  # with what goes before and after, half an hour
ALL: list[Attack] = [
    hostile_pods.w1_endless_lists,
    attacks.w2_numbers,
    attacks.w2_inflated,
    hostile_pods.w3_groups_of_nobody,
    hostile_pods.w4_many_members,
    attacks.w5_homes,
    hostile_pods.w6_unknown_authors,
    attacks.w7_announcements,
    attacks.w8_long_pages,
    attacks.w9_strangers_handovers,
    attacks.w10_slow_key_servers,
    attacks.w11_halves,
    attacks.w13_addresses,
]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with a_ground(tmp_path_factory.mktemp("hostile")) as made:
        yield made


@pytest.mark.parametrize("attack", ALL, ids=[attack.__name__ for attack in ALL])
def test_others_do_not_notice(ground: Ground, attack: Attack) -> None:
    seconds = SECONDS_OF_READERS if attack is attacks.w8_long_pages else SECONDS
    check(ground, *attacked(ground, [attack], seconds))


@pytest.mark.skipif(not os.environ.get("ALTHING_FULL"), reason="half an hour; ALTHING_FULL=1 runs it")
@pytest.mark.timeout(3000)
def test_all_of_them_together_and_the_pod_still_serves(tmp_path: Path) -> None:
    with a_ground(tmp_path) as alone:
        check_serving(alone, *attacked(alone, ALL, SECONDS_OF_ALL))
