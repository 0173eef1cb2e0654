"""With a blocked server this pod has nothing to do: before a key is looked up, and before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
