"""A deadline of a poll gets an item, though nothing else waits; keepers notice a steward that doesn't seal one."""

from __future__ import annotations

from functools import partial

from pod.actions.chain.seat_memory import load_waiting_since
from pod.actions.chain.views import load_view
from pod.deps import Deps
from protocol.ids import RecordId
from tests.support.rig import ServedPod, eventually

HOUR = 3_600_000


async def waiting_at(deps: Deps, group: RecordId, now: int) -> int | None:
    async with deps.store.database.read() as session:
        return await load_waiting_since(session, await load_view(session, deps, group), now=now)


def test_a_deadline_that_came_unsealed_waits_like_a_record(pod: ServedPod) -> None:
    ada = pod.sign_up("ada")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    asked = {"kind": "for-against", "title": "Dig?", "lengths": {"voting": HOUR, "contest": 0}}
    poll = ada.post(f"/api/v1/groups/{group}/polls", asked)["record"]
    times = eventually(lambda: ada.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["times"])
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["settled_height"] == 1)

    def waiting(at: int) -> int | None:
        return pod.act(partial(waiting_at, group=group, now=at))

    eventually(lambda: waiting(times["lock_at"]) is not None)
    pod.kill()

    before, after = (waiting(times["lock_at"] + shift) for shift in (-1, 0))

    assert (before, after) == (None, times["lock_at"])
    height = 1
    pod.set_clock(2 * HOUR)
    pod.start()
    sealed = eventually(lambda: (seen := ada.get(f"/api/v1/groups/{group}"))["settled_height"] > height and seen)
    assert sealed["settled_height"] == height + 1
    eventually(lambda: ada.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] == "final")
