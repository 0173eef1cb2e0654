"""The trust network of real people as one group: joins, profiles, introductions, votes, each signed by its member.

Everybody joins by an invitation of the founder's, with a weight that follows from the ratings they received; introduces
themselves; and each rating becomes a vote on the introduction of whom it rates.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, Final

from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.proofs import sign
from protocol.records.envelope import Record, open_record
from protocol.records.parts import Home
from tests.support.community import seed_of

FOUNDER_WEIGHT: Final = 1_000_000
LATE: Final = 2**50
START: Final = 1_767_225_600_000
Body = dict[str, Any]


@dataclass(frozen=True)
class Rating:
    """Somebody's word on somebody, −10 … 10; both by their member numbers."""

    source: int
    target: int
    value: int


class Network:
    """The people, numbered as they join: the founder is the one whom most rated, then the others by their ids."""

    def __init__(self, path: Path, homes: tuple[Home, ...], *, most: int | None = None) -> None:
        with path.open() as file:
            rows = [tuple(map(int, row[:3])) for row in csv.reader(file)]
        received: dict[int, int] = {}
        for source, target, value in rows:
            received[target] = received.get(target, 0) + value
            received.setdefault(source, 0)
        founder = max(received, key=lambda person: (received[person], -person))
        order = [founder, *sorted(person for person in received if person != founder)][:most]
        self.number = {person: place for place, person in enumerate(order, 1)}
        self.weight = {self.number[person]: 100 * received[person] for person in order}
        among = [row for row in rows if row[0] in self.number and row[1] in self.number]
        self.ratings = [Rating(self.number[source], self.number[target], value) for source, target, value in among]
        self.homes = homes
        self.keys = {number: PrivateKey.from_seed(seed_of("trust", number)) for number in self.weight}
        self._counters = dict.fromkeys(self.keys, 1)

    @property
    def count(self) -> int:
        return len(self.keys)

    @cached_property
    def root(self) -> Record:
        """The group, founded at the first home; its members' weights decide, strangers' don't."""
        body = {
            "type": "GroupRoot",
            "rules": 1,
            "kind": "group",
            "name": "Traders",
            "visibility": "public",
            "others_weight": 0,
            "default_score": 0,
            "member": {"weight": FOUNDER_WEIGHT, "home": self._home(1), **self._new_keys(1)},
            "steward": self._home(1),
            "nonce": "00" * 16,
            "at": START,
        }
        return open_record(sign(body, self.keys[1]))

    @property
    def group(self) -> RecordId:
        return self.root.id

    def joins(self) -> Iterator[Body]:
        """Everybody's join; whoever isn't trusted gets the least weight there is."""
        for number in range(2, self.count + 1):
            link = PrivateKey.from_seed(seed_of("link", number))
            weight = min(max(self.weight[number], 1), FOUNDER_WEIGHT - 1)
            offer = self.body("Invitation", 1, weight=weight, to=link.did, expires=LATE)
            wish = {"home": self._home(number), **self._new_keys(number), "invitation": sign(offer, self.keys[1])}
            header = {"author": 0, "counter": 1, "do": "join", "with": wish}
            yield sign(self.body("Operation", number, **header), self.keys[number], link)

    def demotions(self) -> Iterator[Body]:
        """The founder takes the weight of those whom people on the whole distrust; 0 counts for nothing."""
        for number, weight in sorted(self.weight.items()):
            if number > 1 and weight <= 0:
                body = self.body("Operation", 1, do="set-weight", **{"with": {"member": number, "weight": 0}})
                yield sign(body, self.keys[1])

    def introductions(self) -> Iterator[tuple[Body, Body]]:
        """Everybody's profile and introduction, in the order of numbers."""
        for number in self.keys:
            profile = self.body("Profile", number, nickname=f"trader {number}")
            words = [{"style": "text", "text": f"I trade, and {len(self.ratings) % number} of you know me."}]
            post = self.body("Post", number, kind="note", paragraphs=words)
            yield sign(profile, self.keys[number]), sign(post, self.keys[number])

    def votes(self, posts: dict[int, RecordId]) -> Iterator[Body]:
        """Each rating, as a vote on the introduction of the one rated."""
        for rating in self.ratings:
            target = {"post": posts[rating.target]}
            yield sign(
                self.body("Vote", rating.source, target=target, value=100 * rating.value), self.keys[rating.source]
            )

    def posts(self, introductions: list[Body]) -> dict[int, RecordId]:
        """The ids of the introductions, by who wrote them."""
        return {body["author"]: open_record(body).id for body in introductions if body["type"] == "Post"}

    def many_votes(self, posts: dict[int, RecordId]) -> Iterator[Body]:
        """Votes without end, of one member after the other on one introduction after the other."""
        for number in count():
            author, target = number % self.count + 1, number // self.count % self.count + 1
            vote = self.body("Vote", author, target={"post": posts[target]}, value=number % 1000)
            yield sign(vote, self.keys[author])

    def scores(self) -> dict[int, int]:
        """What the votes come to, by the number of the one rated; the last word of one on another counts."""
        last = {(rating.source, rating.target): rating.value for rating in self.ratings}
        scores = dict.fromkeys(self.keys, 0)
        for (source, target), value in last.items():
            scores[target] += 100 * value * self.weight_of(source)
        return scores

    def weight_of(self, number: int) -> int:
        """What a member weighs in the end."""
        return FOUNDER_WEIGHT if number == 1 else min(max(self.weight[number], 0), FOUNDER_WEIGHT - 1)

    def _home(self, number: int) -> Body:
        home = self.homes[(number - 1) % len(self.homes)]
        return {"pod": home.pod, "key": home.key}

    def _new_keys(self, number: int) -> Body:
        recovery = PrivateKey.from_seed(seed_of("recovery", number))
        return {"signing": self.keys[number].did, "recovery": recovery.did}

    def body(self, record_type: str, by: int, **members: Any) -> Body:
        """A member's next record, which nobody has signed yet."""
        self._counters[by] += 1
        header = {"author": by, "key": 0, "counter": self._counters[by], "at": START + self._counters[by]}
        return {"type": record_type, "rules": 1, "group": self.group, **header, **members}
