"""However many connections somebody opens, others get in."""

from __future__ import annotations

import asyncio
from typing import Any

from pod.budgets.connections import Connections, Door


class Wire(asyncio.Transport):
    """A connection of an address; `ended` once the pod ended it."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 4711)})
        self.ended = False

    def abort(self) -> None:
        self.ended = True


class Crowd:
    """Connections to one pod."""

    def __init__(self, *, each: int, most: int) -> None:
        self.connections = Connections(each=each, most=most)
        self.doors: list[tuple[Door, Wire]] = []

    def connect(self, address: str) -> Wire:
        door, wire = Door(asyncio.Protocol(), self.connections), Wire(address)
        door.connection_made(wire)
        self.doors.append((door, wire))
        return wire

    def open(self, address: str) -> int:
        wires: list[Any] = [wire for _, wire in self.doors if wire.get_extra_info("peername")[0] == address]
        return sum(not wire.ended for wire in wires)


def test_w11_an_address_has_its_part_and_its_oldest_gives_way() -> None:
    crowd = Crowd(each=3, most=100)
    first = crowd.connect("192.0.2.1")
    other = crowd.connect("192.0.2.2")
    for _ in range(50):
        assert not crowd.connect("192.0.2.1").ended
    assert first.ended
    assert not other.ended
    assert crowd.open("192.0.2.1") == 3


def test_w11_a_network_of_ipv6_is_one_address() -> None:
    crowd = Crowd(each=3, most=100)
    for number in range(50):
        crowd.connect(f"2001:db8:1:2::{number + 1:x}")
    assert sum(not wire.ended for _, wire in crowd.doors) == 3


def test_w11_when_all_are_in_use_who_has_most_gives_one_up() -> None:
    crowd = Crowd(each=50, most=60)
    for _ in range(55):
        crowd.connect("127.0.0.1")
    lone = [crowd.connect(f"192.0.2.{number}") for number in range(30)]
    assert not any(wire.ended for wire in lone)
    assert sum(not wire.ended for _, wire in crowd.doors) == 60
    assert crowd.open("127.0.0.1") == 30


def test_what_ends_by_itself_makes_room() -> None:
    crowd = Crowd(each=2, most=2)
    for _ in range(9):
        wire = crowd.connect("192.0.2.1")
        door = crowd.doors[-1][0]
        door.connection_lost(None)
        assert not wire.ended
    assert not crowd.connect("192.0.2.1").ended
    assert not crowd.connect("192.0.2.2").ended
