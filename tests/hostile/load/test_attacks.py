"""Strangers wait for the work that they cause: honest requests, memory, disk and other servers hardly notice it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.load import attacks
from tests.hostile.load.ground import Attack, Ground, a_ground, attacked, check

SECONDS = 4.0
ALL: list[Attack] = [
    attacks.w2_numbers,
    attacks.w2_inflated,
    attacks.w5_homes,
    attacks.w7_announcements,
    attacks.w9_strangers_handovers,
    attacks.w10_slow_key_servers,
    attacks.w11_halves,
    attacks.w13_addresses,
]
pytestmark = pytest.mark.slow


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with a_ground(tmp_path) as made:
        yield made


@pytest.mark.parametrize("attack", ALL, ids=[attack.__name__ for attack in ALL])
def test_others_do_not_notice(ground: Ground, attack: Attack) -> None:
    check(ground, *attacked(ground, [attack], SECONDS))
