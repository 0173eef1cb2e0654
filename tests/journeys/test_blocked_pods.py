"""A pod that blocks another takes nothing that it signed, sends it nothing, and says so to who would move."""

from __future__ import annotations

from typing import Any

import pytest

from federation.errors import RemoteError
from pod.actions.admin.blocked_hosts import block_host, unblock_host
from pod.actions.admin.people import Deed
from pod.actions.moving.begun_moves import ask_old_pod, begin_move, find_account, find_move
from pod.actions.sync.pull import pull
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from tests.support.people import joined
from tests.support.rig import ServedPod, eventually

pytestmark = pytest.mark.slow

NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}


def refused(pod: ServedPod, step: Any) -> str:
    try:
        pod.act(step)
    except RefusedError as error:
        return str(error.refused.rule.key)
    except RemoteError as error:
        return str(error.status)
    return ""


def host(pod: ServedPod) -> str:
    return pod.url.partition("://")[2]


def block(pod: ServedPod, other: ServedPod, *, allows_moves: bool = False) -> None:
    pod.act(lambda deps: block_host(deps, host(other), Deed("root"), allows_moves=allows_moves))


def test_mg_25_a_block_is_said_on_the_first_page_and_moves_pass_where_they_are_allowed(pods: list[ServedPod]) -> None:
    alpha, beta = pods
    ada, bo = alpha.sign_up("ada"), beta.sign_up("bo")
    for pod in pods:
        pod.start()
    group = ada.post("/api/v1/groups", {"name": "Council", "weight": 3000, "visibility": "private"})["group"]
    assert joined(ada, group, bo, 1000) == 2
    held = f"/api/v1/groups/{group}"
    eventually(lambda: bo.get(held)["log"]["held"] == ada.get(held)["log"]["size"])
    typed = f"@ada@{host(alpha)}"

    async def asks(deps: Deps) -> None:
        secret = await begin_move(deps, typed, "")
        await ask_old_pod(deps, await find_move(deps, secret), standing=False)

    async def looks(deps: Deps) -> None:
        await find_account(deps, typed)

    async def pulls(deps: Deps) -> None:
        await pull(deps, alpha.url, RecordId(group))

    assert [refused(beta, step) for step in (looks, asks, pulls)] == ["", "", ""]

    # The old pod blocks the new one: what that signed is refused although its key is known, and no post gets there.
    block(alpha, beta)
    assert [refused(beta, step) for step in (looks, asks, pulls)] == ["", "blocked_there", "403"]
    size = bo.get(held)["log"]["size"]
    ada.post(f"/api/v1/groups/{group}/posts", NOTE)
    eventually(lambda: ada.get(held)["log"]["size"] > size)
    block(alpha, beta, allows_moves=True)
    assert [refused(beta, step) for step in (asks, pulls)] == ["", "403"]
    assert bo.get(held)["log"]["size"] == size
    alpha.act(lambda deps: unblock_host(deps, host(beta), Deed("root")))
    assert [refused(beta, step) for step in (asks, pulls)] == ["", ""]

    # The new pod blocks the old one: its first page says so.
    block(beta, alpha)
    assert [refused(beta, step) for step in (looks, pulls)] == ["host_blocked", "host_blocked"]
    block(beta, alpha, allows_moves=True)
    assert [refused(beta, step) for step in (looks, asks, pulls)] == ["", "", "host_blocked"]
