"""The only keeper of a private group moves, and either pod is killed where a handover is signed: no group is jammed."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final, Literal

import pytest

from models.people.accounts import load_account_named, load_membership
from pod.deps import Deps
from protocol.ids import RecordId
from tests.support.chromium_visitor import ChromiumVisitor
from tests.support.moved import check_refused
from tests.support.moving_by_pages import Traveller
from tests.support.people import agreed, anew, joined
from tests.support.relay import Relay, relaying
from tests.support.rig import PORT, Person, ServedPod, eventually

pytestmark = pytest.mark.slow

PODS = 3
RELAYED = True
LOOKS: Final = ("en-scripts",)
MINUTE_MS = 60_500
SIGNED: Final = re.compile(rb"^POST /switches/[^ ]+/handovers ")
NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}
Side = Literal["lost", "unanswered"]


class Snare(Relay):
    """Stands before the old pod. Once it is set, it loses the next handover that the new pod signed, or the answer."""

    def __init__(self, host: str, port: int, target: str) -> None:
        super().__init__(host, port, target)
        self.sprung = threading.Event()
        self.deaf = False
        self._loses: Side | None = None

    def set_for(self, loses: Side) -> None:
        """Lose what comes next: "lost", it never arrives; "unanswered", nobody hears what the old pod says to it."""
        self.sprung.clear()
        self._loses = loses

    async def _pass(self, reader: Any, writer: asyncio.StreamWriter, *, flips: bool) -> None:
        await super()._pass(reader if flips else _Answers(reader, self), writer, flips=flips)  # type: ignore[arg-type]

    def _spoilt(self, piece: bytes) -> bytes:
        loses = self._loses if SIGNED.match(piece) else None
        if loses is None:
            return piece
        self._loses = None
        if loses == "lost":
            self._mode = "black_hole"
        self.deaf = True
        self.sprung.set()
        return piece if loses == "unanswered" else b""


class _Answers:
    """What a pod answers, until the snare before it is deaf."""

    def __init__(self, reader: asyncio.StreamReader, snare: Snare) -> None:
        self._reader, self._snare = reader, snare

    async def read(self, most: int) -> bytes:
        piece = await self._reader.read(most)
        return b"" if self._snare.deaf else piece


class Village:
    """ada (alpha) keeps the council alone, in which bo (gamma) is; she moves to beta."""

    def __init__(self, pods: list[ServedPod], snare: Snare, visitor: Callable[[ServedPod], ChromiumVisitor]) -> None:
        self.alpha, self.beta, self.gamma = pods
        self.snare = snare
        self.ada, self.bo = self.alpha.sign_up("ada"), self.gamma.sign_up("bo")
        for pod in pods:
            pod.door = pod.url  # browsers come through the relays, too
            pod.start()
        wishes = {"name": "Council", "weight": 3000, "visibility": "private"}
        self.council = str(self.ada.post("/api/v1/groups", wishes)["group"])
        assert joined(self.ada, self.council, self.bo, 1000) == 2
        eventually(lambda: agreed(self.council, self.ada, self.bo))
        self.traveller = Traveller(self.ada, self.beta, visitor(self.alpha))
        self.minutes = 0

    def passes_a_minute(self) -> None:
        """So that what waits to be asked again is asked."""
        self.minutes += 1
        for pod in (self.alpha, self.beta, self.gamma):
            pod.set_clock(self.minutes * MINUTE_MS)

    def has_signed_away(self, group: str) -> bool:
        """Whether the old pod has committed the group's handover."""

        async def moved(deps: Deps) -> bool:
            async with deps.store.database.read() as session:
                account = await load_account_named(session, "ada")
                assert account is not None
                membership = await load_membership(session, account.id, RecordId(group))
            return membership is not None and membership.state == "moved"

        return self.alpha.act(moved)

    def is_struck(self, group: str) -> None:
        """The new pod is killed when it has signed the group's handover, then the old one when it has committed it."""
        assert self.snare.sprung.wait(75)
        self.beta.kill()
        assert not self.has_signed_away(group)
        self.snare.deaf = False
        self.snare.open()
        self.snare.set_for("unanswered")
        self.passes_a_minute()
        self.beta.start()
        assert self.snare.sprung.wait(75)
        eventually(lambda: self.has_signed_away(group))
        self.alpha.kill()


@pytest.fixture(scope="module")
def village(pods: list[ServedPod], visitor: Callable[[ServedPod], ChromiumVisitor]) -> Iterator[Village]:
    old, *others = pods
    with ExitStack() as stack:
        for pod in others:
            stack.enter_context(relaying(pod.named, PORT, pod.host))
        snare = Snare(old.named, PORT, old.host)
        snare.start()
        stack.callback(snare.stop)
        yield Village(pods, snare, visitor)


def members(person: Person, group: str) -> list[tuple[int, int]]:
    return [(one["number"], one["weight"]) for one in person.get(f"/api/v1/groups/{group}")["members"]]


def test_mg_05_whichever_pod_is_killed_where_it_signs_a_lone_keepers_groups_go_on(village: Village) -> None:
    ada, bo, council, traveller = village.ada, village.bo, village.council, village.traveller
    before = members(bo, council)
    traveller.copies()
    village.passes_a_minute()
    village.snare.set_for("lost")
    traveller.agrees()

    village.is_struck(ada.account["personal_group"])
    # The next group's handover is lost in the same way.
    village.snare.set_for("lost")
    village.snare.deaf = False
    village.alpha.start()
    village.passes_a_minute()
    traveller.arrives()
    village.is_struck(council)
    village.snare.deaf = False
    village.alpha.start()
    village.passes_a_minute()

    settled = {"Your own group": "settled", "Council": "settled"}
    eventually(lambda: traveller.standings() == settled, seen=lambda: (traveller.standings(), traveller.move()))
    traveller.check_whole()
    moved = anew(ada, village.beta)
    for person in (moved, bo):
        person.post(f"/api/v1/groups/{council}/posts", NOTE)
    moved.post(f"/api/v1/groups/{ada.account['personal_group']}/posts", NOTE)
    eventually(lambda: agreed(council, moved, bo) and moved.get(f"/api/v1/groups/{council}")["log"]["size"] == 4)
    seen = bo.get(f"/api/v1/groups/{council}")
    assert (members(bo, council), seen["keepers"], seen["steward"]) == (before, [1], village.beta.url)
    check_refused(village.alpha, {council: village.gamma})
