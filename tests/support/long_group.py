"""A group of any length that a real pod stewards, made by the test: items, acks and log, all really signed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group
from models.groups.log_entries import load_entries
from pod.actions.chain.door import Arrival, append_all
from pod.actions.chain.log_places import place_entries
from pod.actions.chain.views import take_root
from pod.deps import Deps
from protocol.chain import follow, found
from protocol.derivation import recovery_key
from protocol.errors import RefusedError
from protocol.keys import PrivateKey
from protocol.log import Frontier, frontier_of, leaf_hash
from protocol.proofs import sign
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState
from tests.support.community import START, seed_of
from tests.support.rig import ServedPod

FOUNDER: Final = PrivateKey.from_seed(seed_of("long group", "founder"))
ITEMS_AT_ONCE: Final = 250  # an author may leave only so much waiting for the log
HOUR_MS: Final = 3_600_000
Body = dict[str, Any]


class LongGroup:
    """A public group whose founder, member 1, is at home on the pod, and whose lone keeper confirmed every item."""

    def __init__(self, pod: ServedPod | None, name: str, items: int, entries: int, *, settled: bool = True) -> None:
        self.items = items
        self.entries = entries
        self.settled = settled
        self.name = name
        self.counter = 0
        self.group = pod.act(self.grow) if pod else ""

    async def grow(self, deps: Deps) -> str:
        """Make it on a pod's parts; its id."""
        key, home = deps.identity.keyring.pod_key, {"pod": deps.identity.home.pod, "key": deps.identity.home.key}
        root = open_record(sign(self._root(home), FOUNDER))
        state = found(root).state

        async def opened(session: AsyncSession) -> None:
            await take_root(session, deps, root, local=True, now=START)

        await deps.store.write(opened)
        links = self._links(state, key)
        now = START
        while batch := list(islice(links, ITEMS_AT_ONCE)):
            now += HOUR_MS  # an author may write only so much an hour
            await self._take(deps, root.id, batch, now)
        return root.id

    def _root(self, home: Body) -> Body:
        keys = {"signing": FOUNDER.did, "recovery": recovery_key(seed_of("long group"), 0).did}
        return {
            "type": "GroupRoot",
            "rules": 1,
            "kind": "group",
            "name": self.name,
            "visibility": "public",
            "others_weight": 0,
            "default_score": 0,
            "member": {"weight": 3000, "home": home, **keys},
            "steward": home,
            "nonce": seed_of("nonce", self.name).hex()[:32],
            "at": START,
        }

    def _links(self, state: GroupState, key: PrivateKey) -> Iterator[tuple[list[Record], Record, list[Record]]]:
        """(entries, the seal that logs them, acks) by height; entries are spread evenly over the items."""
        frontier, logged = Frontier(), 0
        for height in range(1, self.items + 1):
            due = self.entries * height // self.items - logged
            entries = [self._vote(state.group) for _ in range(due)]
            logged += due
            frontier = frontier.append_many([leaf_hash(entry.id) for entry in entries])
            seal = open_record(sign(self._seal(state, frontier), key))
            state = follow(state, seal).state
            said = {"keeper": 1, "term": 0, "height": height, "item": seal.id}
            ack = open_record(sign({"type": "Ack", "rules": 1, "group": state.group, **said}, key))
            yield entries, seal, [ack] if self.settled else []

    def _vote(self, group: str) -> Record:
        self.counter += 1
        header = {"type": "Vote", "rules": 1, "group": group, "author": 1, "key": 0, "counter": self.counter}
        said = {"target": {"subject": f"well {self.counter % 50}"}, "value": self.counter % 1000, "at": START}
        return open_record(sign({**header, **said}, FOUNDER))

    def _seal(self, state: GroupState, frontier: Frontier) -> Body:
        log = {"size": frontier.size, "root": frontier.root().hex()}
        links = {"parent": state.head, "height": state.height + 1, "term": state.term, "at": START}
        return {"type": "Seal", "rules": 1, "group": state.group, **links, "operations": [], "log": log}

    async def _take(
        self, deps: Deps, group: str, batch: list[tuple[list[Record], Record, list[Record]]], now: int
    ) -> None:
        entries = [entry for added, _, _ in batch for entry in added]
        records = [*entries, *(seal for _, seal, _ in batch), *(ack for _, _, acks in batch for ack in acks)]

        async def action(session: AsyncSession) -> None:
            outcomes = await append_all(session, deps, [Arrival(record, "", now) for record in records])
            assert not (refused := [one for one in outcomes if isinstance(one, RefusedError)]), refused[0]
            stored = await load_group(session, group, lock=True)  # type: ignore[arg-type]
            assert stored is not None
            ids = [entry.id for entry in entries]
            frontier = frontier_of(stored.log_size, stored.log_peaks).append_many([leaf_hash(one) for one in ids])
            await place_entries(session, stored, await load_entries(session, ids), frontier, [])

        await deps.store.write(action)
