"""When both pods of the demo have the same: what was written, the members, the chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from federation.errors import RemoteError
from federation.safe_http import SafeHttp
from pod.demo.stage import eventually


class Logs:
    """The logs of groups as every pod shows them; each is read on from where it was read to."""

    def __init__(self, http: SafeHttp, pods: Iterable[str]) -> None:
        self.pods = sorted(pods)
        self._http = http
        self._entries: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)

    async def read(self, pod: str, group: str) -> list[dict[str, Any]]:
        """All entries of a group's log that a pod has now."""
        known = self._entries[pod, group]
        page = await self._http.get_json(f"{pod}/api/v1/groups/{group}/log?from={len(known)}&limit=500")
        known += page["entries"]
        return known

    async def everywhere(self, groups: Collection[str], records: Iterable[str]) -> None:
        """Wait until every pod has these records in the logs of these groups."""
        wanted = set(records)

        async def are_there() -> bool:
            for pod in self.pods:
                there = {str(entry["id"]) for group in groups for entry in await self.read(pod, group)}
                if not wanted <= there:
                    return False
            return True

        await eventually(are_there, "every pod has what was written")


async def are_members(http: SafeHttp, pods: Iterable[str], group: str, count: int) -> bool:
    """Whether every pod knows that many members."""
    seen = [await _group(http, pod, group) for pod in pods]
    return all(one is not None and len(one["members"]) == count for one in seen)


async def agree(http: SafeHttp, pods: Collection[str], groups: Iterable[str]) -> bool:
    """Whether all pods hold the same chains and logs, nothing waits, and what is last is settled."""
    for group in groups:
        seen = [await _group(http, pod, group) for pod in pods]
        waits = [(await http.get_json(f"{pod}/groups/{group}/pending?from=0"))["records"] for pod in pods]
        if None in seen or any(waits):
            return False
        sights = {(s["head"], s["state_hash"], s["log"]["held"], s["settled_height"]) for s in seen if s}
        if len(sights) > 1 or any(s["log"]["held"] != s["log"]["size"] for s in seen if s):
            return False
    return True


async def phase_of(http: SafeHttp, pod: str, group: str, poll: str) -> str:
    """The phase that a pod shows a poll in; empty while it has no such poll."""
    try:
        return str((await http.get_json(f"{pod}/api/v1/groups/{group}/polls/{poll}"))["poll"]["phase"])
    except RemoteError:
        return ""


async def _group(http: SafeHttp, pod: str, group: str) -> dict[str, Any] | None:
    listed = await http.get_json(f"{pod}/api/v1/groups")
    if group not in {line["group"] for line in listed["groups"]}:
        return None
    seen: dict[str, Any] = await http.get_json(f"{pod}/api/v1/groups/{group}")
    return seen
