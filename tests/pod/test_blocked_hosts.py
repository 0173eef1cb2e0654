"""With a blocked server this pod has nothing to do: before a key is looked up, and before anything is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from models.pod.blocked_hosts import count_changed_blocks, list_blocked_hosts
from pod import blocked_hosts
from pod.actions.admin.blocked_hosts import block_host, read_blocked, unblock_host
from pod.actions.admin.people import Deed
from pod.blocked_hosts import HostBlocks, for_a_move
from pod.known_keys import StoredKeys
from protocol.errors import RefusedError
from tests.support.travellers import a_traveller

BOSS = Deed("root", "spam")


async def refused(step: Any) -> str:
    try:
        await step
    except RefusedError as error:
        return str(error.refused.rule.key)
    return ""


async def test_mg_25_a_block_holds_for_all_hosts_below_and_moves_pass_only_where_allowed(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        deps = ada.deps
        blocks, keys = HostBlocks(deps.store), StoredKeys(deps.store)
        await block_host(deps, "Bad.example", BOSS, allows_moves=False)
        await block_host(deps, "https://old.example:8443/", BOSS, allows_moves=True)

        for url in ("https://bad.example/u/ada", "https://a.b.bad.example:444/x", "https://old.example:8443/actor"):
            assert await refused(blocks.admit(url)) == "host_blocked"
            assert await refused(keys.admit(f"{url}#main-key")) == "host_blocked"
        for url in ("https://notbad.example/", "https://old.example/", "https://example/"):
            assert await refused(blocks.admit(url)) == ""
        with for_a_move():
            assert await refused(blocks.admit("https://bad.example/")) == "host_blocked"
            assert await refused(blocks.admit("https://old.example:8443/")) == ""

        assert await refused(block_host(deps, deps.identity.base_url, BOSS, allows_moves=False)) == "own_host"
        assert await refused(unblock_host(deps, "other.example", BOSS)) == "not_blocked"
        await unblock_host(deps, "bad.example", BOSS)
        assert await refused(blocks.admit("https://bad.example/")) == ""
        assert [one.host for one in await read_blocked(deps)] == ["old.example:8443"]


@pytest.mark.parametrize("typed", ["", "no host", "a..b", "ex@mple/../x"])
async def test_mg_25_what_is_no_host_isnt_blocked(tmp_path: Path, typed: str) -> None:
    async with a_traveller(tmp_path) as ada:
        with pytest.raises(RefusedError):
            await block_host(ada.deps, typed, BOSS, allows_moves=False)


async def test_blocks_are_read_once_and_not_with_every_commit_however_many_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each signature asks, and an inbox commits all the time."""
    reads = {"list": 0, "changes": 0}

    def counted(name: str, function: Any) -> Any:
        async def call(asked: object) -> Any:
            reads[name] += 1
            return await function(asked)

        return call

    async with a_traveller(tmp_path) as ada:
        await block_host(ada.deps, "bad.example", BOSS, allows_moves=False)
        monkeypatch.setattr(blocked_hosts, "list_blocked_hosts", counted("list", list_blocked_hosts))
        monkeypatch.setattr(blocked_hosts, "count_changed_blocks", counted("changes", count_changed_blocks))
        blocks = HostBlocks(ada.deps.store)
        for commit in range(3):
            await ada.writes(ada.own, f"{commit}")
            await asyncio.gather(*(blocks.admit(f"https://{number}.example/") for number in range(50)))
        assert reads == {"list": 1, "changes": 3}
        await ada.writes(ada.own, "More.")
        with pytest.raises(StopIteration):  # the answer is there without waiting for any other task
            blocks.admit("https://1.example/").send(None)
        await block_host(ada.deps, "7.example", BOSS, allows_moves=False)
        assert await refused(blocks.admit("https://7.example/")) == "host_blocked"
        assert reads["list"] == 2
