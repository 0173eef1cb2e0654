"""A group that decided something, made by hand: its chain, its log, and the honest file of the result."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from decisions.bundle.recount import Recount
from decisions.bundle.shape import FORMAT, Bundle, Stated
from decisions.bundle.verify import open_each
from decisions.lot import commitment
from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.log import Frontier, leaf_hash
from protocol.proofs import sign
from protocol.records.chain import TreeHead
from protocol.records.envelope import Record, open_record
from tests.support.community import START, Community, Person, a_community, operation, rehomed, seal

HOUR: Final = 3_600_000
NOTHING: Final = Stated((), (), ())


class Deciding:
    """A group whose members say and seal what a poll needs; its file is made from that."""

    poll: Record

    def __init__(self, members: int) -> None:
        self.town: Community = a_community("well", members)
        self.log: list[Record] = []
        self._counters = dict.fromkeys(range(1, members + 1), 1000)

    @property
    def group(self) -> RecordId:
        return self.town.now.group

    def person(self, number: int) -> Person:
        return self.town.people[number - 1]

    def bundle(self) -> Bundle:
        """The honest file."""
        items = [record for record in self.town.records if record.type != "Ack"]
        acks = [record for record in self.town.records if record.type == "Ack"]
        end = self.town.now.log.size
        bundle = Bundle(
            format=FORMAT,
            group=self.group,
            poll=self.poll.id,
            through=len(items) - 1,
            items=tuple(msgspec.Raw(one.wire) for one in items),
            acks=tuple(msgspec.Raw(one.wire) for one in acks),
            start=0,
            peaks="",
            leaves=tuple(one.id for one in self.log[:end]),
            records=tuple(msgspec.Raw(one.wire) for one in self.log[:end]),
            unread=(),
            stated=NOTHING,
        )
        return msgspec.structs.replace(bundle, stated=Recount(bundle, open_each).stated())

    def _open(self, at: int) -> None:
        opening = operation(self.group, self.person(1), "event", {"name": "open-poll", "poll": self.poll.id})
        self._seal(at, opening)

    def _say(self, number: int, type_name: str, **members: Any) -> Record:
        who = self.person(number)
        self._counters[number] += 1
        header = {"author": number, "key": who.key, "counter": self._counters[number], "at": START}
        body = {"type": type_name, "rules": 1, "group": self.group, **header, **members}
        record = open_record(sign(body, who.signing()))
        self.log.append(record)
        return record

    def _seal(self, at: int, *operations: JsonObject) -> None:
        frontier = Frontier().append_many([leaf_hash(one.id) for one in self.log])
        head = TreeHead(frontier.size, frontier.root().hex())
        self.town.add(seal(self.town.now, self.person(1).pod, operations, at=at, log=head))


class Drawn(Deciding):
    """Four members approve of two places; both rounds tie, so a lot is drawn; then member 2 voids their votes."""

    def __init__(self) -> None:
        super().__init__(4)
        lengths = {"voting": HOUR, "contest": 48 * HOUR}
        options = [{"title": "North"}, {"title": "South"}]
        self.poll = self._say(1, "Poll", kind="approval", title="Where?", options=options, lengths=lengths)
        self._open(START + 1000)
        self._approve({1: "00", 2: "01", 3: "00", 4: "01"})
        self._seal(START + 1000 + HOUR)
        self._approve({1: "00", 2: "01"}, round=2)
        secret = b"s" * 32
        share = self._say(1, "LotShare", poll=self.poll.id, commitment=commitment(secret), round=2)
        self._seal(START + 1000 + HOUR * 3 // 2)
        self._seal(START + 1000 + 2 * HOUR)
        self._say(1, "Opening", poll=self.poll.id, sealed=share.id, value=secret.hex())
        void = operation(self.group, self.person(2), "event", {"name": "void", "poll": self.poll.id}, by_recovery=True)
        self._seal(START + 1000 + 26 * HOUR, void)
        self._seal(START + 1000 + 50 * HOUR)
        self.town.confirmed(self.person(1))

    def _approve(self, said: dict[int, str], **members: int) -> None:
        for number, option in said.items():
            self._say(number, "Ballot", poll=self.poll.id, approvals=[option], **members)


class Decided(Deciding):
    """Six members ask whether to dig; four vote, 5 and 6 follow others, 4 gets a new key by recovery meanwhile."""

    def __init__(self) -> None:
        super().__init__(6)
        self.poll = self._say(1, "Poll", kind="for-against", title="Dig?", lengths={"voting": HOUR})
        self._say(2, "Delegate", declared=True)
        self._say(5, "Delegation", delegates=[3, 2])
        self._say(6, "Delegation", delegates=[5])
        self._open(START + 1000)
        self.ballots = {number: self._vote(number, choice) for number, choice in ((1, "yes"), (2, "no"), (3, "yes"))}
        moved = rehomed(self.group, self.person(4), "new-home")
        self._seal(START + 2000, moved)
        self.ballots[4] = self._vote(4, "no")
        self._seal(START + 3000)
        self._seal(START + 1000 + HOUR)
        self.end = len(self.log)
        self.town.confirmed(self.person(1))
        self.late = self._vote(6, "no")

    def _vote(self, number: int, choice: str) -> Record:
        return self._say(number, "Ballot", poll=self.poll.id, choice=choice)
