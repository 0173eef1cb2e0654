"""The trust network decides: everybody delegates to those whom they trust most, some vote themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from random import Random
from typing import Any, Final

from protocol.keys import PrivateKey
from protocol.limits import MAX_DELEGATES
from protocol.proofs import sign
from protocol.records.envelope import Record, open_record
from tests.support.community import seed_of
from tests.support.trust_network import Body, Network

HOUR: Final = 3_600_000
OPTIONS: Final = 12
SHARE_WHO_VOTE: Final = 0.1


class DecidedNetwork:
    """A score poll of the network's people: its records, and who says what in it."""

    def __init__(self, network: Network, seed: int) -> None:
        self.network = network
        rng = Random(seed)
        options = [{"title": f"Proposal {number}"} for number in range(1, OPTIONS + 1)]
        lengths = {"voting": HOUR, "contest": HOUR}
        self.poll: Record = open_record(
            self._by(1, "Poll", kind="score", title="What shall we fund?", options=options, lengths=lengths)
        )
        self.moved = max(number for number in network.keys if network.weight_of(number) > 0)
        self.ballots: dict[int, dict[str, int]] = {
            number: self._scores(rng)
            for number in sorted(network.keys)
            if rng.random() < SHARE_WHO_VOTE and number != self.moved
        }

    @cached_property
    def lists(self) -> dict[int, list[int]]:
        """By member, those whom they rated above zero, the highest first, at most five."""
        last = {(rating.source, rating.target): rating.value for rating in self.network.ratings}
        liked: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (source, target), value in last.items():
            if value > 0:
                liked[source].append((-value, target))
        return {source: [target for _, target in sorted(rows)[:MAX_DELEGATES]] for source, rows in liked.items()}

    def before(self) -> Iterator[Body]:
        """The poll, everybody's readiness to be a delegate, and whom they follow."""
        yield self.poll.body
        for number in self.network.keys:
            yield self._by(number, "Delegate", declared=True)
        for number, delegates in sorted(self.lists.items()):
            yield self._by(number, "Delegation", delegates=delegates)

    def opening(self) -> Body:
        """The founder's wish to open the poll."""
        wish = {"name": "open-poll", "poll": self.poll.id}
        return self._by(1, "Operation", do="event", **{"with": wish})

    def recovery(self) -> Body:
        """Somebody gets a new signing key by their recovery key after the poll was opened."""
        recovery = PrivateKey.from_seed(seed_of("recovery", self.moved))
        new = PrivateKey.from_seed(seed_of("new", self.moved))
        body = self.network.body("Operation", self.moved, do="rekey", **{"with": {"signing": new.did}})
        body["recovery"] = body.pop("key")
        return sign({**body, "counter": 1}, recovery)

    def votes(self) -> Iterator[Body]:
        """The ballots, and at last the one by the recovered key, which counts nowhere."""
        for number, scores in self.ballots.items():
            yield self._by(number, "Ballot", poll=self.poll.id, scores=scores)
        new = PrivateKey.from_seed(seed_of("new", self.moved))
        late = self.network.body("Ballot", self.moved, poll=self.poll.id, scores={"00": 100})
        yield sign({**late, "key": 1}, new)

    def _scores(self, rng: Random) -> dict[str, int]:
        return {f"{place:02}": rng.randrange(101) for place in range(OPTIONS) if rng.random() < 0.8} or {"00": 50}

    def _by(self, number: int, record_type: str, **members: Any) -> Body:
        return sign(self.network.body(record_type, number, **members), self.network.keys[number])
