"""One keeper's pod of the simulation: what it holds, and what an honest one does with it, by protocol.keeping."""

from dataclasses import dataclass, field, replace

from protocol import branches, keeping
from protocol.branches import View
from protocol.branches.view import merged
from protocol.canonical import JsonObject
from protocol.chain import found
from protocol.errors import BelowAnchorError, BrokenItemError, NotConfirmedError, ShortOfQuorumError, UnknownParentError
from protocol.ids import RecordId
from protocol.keeping import GOOD_LOG, SeatMemory
from protocol.keys import DidKey
from protocol.records.chain import Ack, Handover, Seal
from protocol.records.envelope import Record, open_record
from protocol.records.operation import Operation
from protocol.state import GroupState
from tests.support import community
from tests.support.community import Person, pod_key

Version = tuple[RecordId, tuple[DidKey, ...]]


@dataclass
class Pod:
    """A pod with one keeper, `person`; `skew` is how far its clock is off, in ms."""

    person: Person
    root: Record
    skew: int = 0
    hostile: bool = False
    alive: bool = True
    records: dict[Version, Record] = field(default_factory=dict)
    arrived: list[Record] = field(default_factory=list)
    pulled: dict[int, int] = field(default_factory=dict)
    gaps: list[Record] = field(default_factory=list)
    pending: dict[RecordId, tuple[JsonObject, int]] = field(default_factory=dict)
    done: set[RecordId] = field(default_factory=set)
    own_last: RecordId | None = None
    sealed_on: set[RecordId] = field(default_factory=set)
    tries: int = 0
    counting_from: int = 0
    known_term: int = 0
    view: View = field(init=False)
    memory: SeatMemory = field(init=False)
    moves: list[tuple[RecordId, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.view = branches.opened(self.root)
        self.memory = SeatMemory(pod_key(self.name).did)

    @property
    def name(self) -> str:
        return self.person.pod

    def take(self, record: Record, clock: int) -> bool:
        """Keep a record that arrived; whether it is new."""
        version = (record.id, record.signers)
        if version in self.records:
            return False
        self.records[version] = record
        self.arrived.append(record)
        if isinstance(record.content, Operation):
            self.pending[record.id] = (record.body, clock)
        elif self._fits(record, clock):
            while [gap for gap in self._take_gaps() if self._fits(gap, clock)]:
                pass
        return True

    def _take_gaps(self) -> list[Record]:
        gaps, self.gaps = self.gaps, []
        return gaps

    def _fits(self, record: Record, clock: int) -> bool:
        before = self.view
        try:
            self.view = added(before, record)
        except UnknownParentError:
            self.gaps.append(record)
            return False
        except (BelowAnchorError, BrokenItemError):
            return False
        self.known_term = max(self.known_term, self.view.state.term)
        self.memory = keeping.kept_in_mind(self.memory, before, self.view)
        if self.view.anchor != before.anchor:
            self._settle(clock)
        return True

    def _settle(self, clock: int) -> None:
        self.moves.append((self.view.anchor, self.view.settled.height))
        self.counting_from, self.tries = clock, 0
        self.done = self.operations_below(self.view.anchor)

    def items(self) -> dict[RecordId, Record]:
        """Seals and handovers, each with all proofs that this pod saw."""
        items: dict[RecordId, Record] = {}
        for record in self.records.values():
            if isinstance(record.content, Seal | Handover):
                items[record.id] = merged(items[record.id], record) if record.id in items else record
        return items

    def operations_below(self, item: RecordId) -> set[RecordId]:
        """The ids of all operations on the way to `item`, void ones too."""
        items, found_ids = self.items(), set()
        while item in items:
            content = items[item].content
            assert isinstance(content, Seal | Handover)
            found_ids |= {entry.id for entry in content.operations if isinstance(entry, Operation)}
            item = content.parent
        return found_ids

    def confirm(self, clock: int) -> Record | None:
        """Confirm the highest item of the chosen branch that may be confirmed."""
        for height in range(self.view.state.height, self.view.settled.height - 1, -1):
            item = self.view.branch[height]
            if self.memory.last is not None and self.memory.last.item == item:
                return None
            try:
                self.memory = keeping.check_confirm(self.memory, self.view, item, GOOD_LOG, now=clock)
            except NotConfirmedError:
                continue
            return community.ack(self.person.number, self.name, self.view.nodes[item].state)
        return None

    def acks_for(self, state: GroupState) -> list[JsonObject]:
        """The acks that the next item on `state` carries while earlier keepers aren't shown."""
        if not state.earlier:
            return []
        mine = (
            one for one in self.records.values() if isinstance(one.content, Ack) and one.content.item in state.trail
        )
        return [record.body for record in mine][:64]

    def seal(self, clock: int) -> Record | None:
        """As steward, seal what waits: one child per parent, on its own last item or its term's handover."""
        state = self.view.state
        node = self.view.nodes[state.head]
        own = state.head == self.own_last or node.kind == "Handover"
        if state.steward.key != self.memory.key or not own or state.head in self.sealed_on or state.at > clock:
            return None
        sealed = self.operations_below(state.head)
        waiting = [body for own_id, (body, _) in self.pending.items() if own_id not in sealed][:8]
        acks = self.acks_for(state)
        if not waiting and not acks:
            return None
        record = community.seal(state, self.name, waiting, at=clock, acks=acks)
        self.own_last = record.id
        self.sealed_on.add(state.head)
        return record

    def proposal_due(self, clock: int) -> bool:
        waiting = [since for own_id, (_, since) in self.pending.items() if own_id not in self.done]
        since = max(min(waiting), self.counting_from) if waiting else None
        seats = [seat.key for seat in self.view.state.seats]
        if self.memory.key not in seats:
            return False
        place = seats.index(self.memory.key)
        return keeping.proposal_due(self.view.state, place, waiting_since=since, tries=self.tries, now=clock)

    def parent_for_handover(self, clock: int) -> GroupState:
        item = keeping.parent_to_propose(self.memory, self.view, lambda _: GOOD_LOG, now=clock)
        return self.view.nodes[item].state

    def signs(self, state: GroupState, term: int, at: int, clock: int) -> bool:
        """Whether this pod signs a handover; what it signs it remembers."""
        if self.hostile:
            return True
        if state.head not in self.view.nodes or self.memory.key not in {seat.key for seat in state.seats}:
            return False
        try:
            self.memory = keeping.check_sign(self.memory, self.view, state.head, term, GOOD_LOG, at=at, now=clock)
        except NotConfirmedError:
            return False
        return True

    def last_confirmed(self) -> GroupState:
        """The state after the item that this seat confirmed last, or after what is settled here."""
        last = self.memory.last
        return self.view.nodes[last.item].state if last and last.item in self.view.nodes else self.view.settled

    def leave(self) -> Person:
        """The person goes on elsewhere; this pod keeps the name that it had."""
        person, self.person = self.person, replace(self.person)
        return person

    def restart(self) -> None:
        """Forget what isn't stored: the view is folded anew from the valid items and the acks."""
        items = [one for own_id, one in self.items().items() if own_id in self.view.nodes]
        stored = items + [one for one in self.records.values() if isinstance(one.content, Ack)]
        for version, one in list(self.records.items()):
            if isinstance(one.content, Handover) and one.id in self.view.offers:
                del self.records[version]  # never stored: it comes again when somebody is asked
                self.pulled.clear()
        base = self.view.nodes[self.view.anchor].state
        self.view = branches.resolve(base, stored, self.view.anchor)

    def from_scratch(self) -> View:
        return branches.resolve(found(self.root).state, self.records.values())


def added(view: View, record: Record) -> View:
    """The view with one item or ack more; of a handover that lacks signatures, those that this copy has."""
    if isinstance(record.content, Ack):
        return branches.confirm(view, record.content)
    try:
        return branches.extend(view, record)
    except ShortOfQuorumError:
        return branches.offered(view, record)


def with_proofs(record: Record, start: int, step: int) -> Record:
    """The same handover with some of its proofs only, as a liar may spread it."""
    return open_record({**record.body, "proof": record.body["proof"][start::step]})
