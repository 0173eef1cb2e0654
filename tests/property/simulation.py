"""A world of keepers' pods without network: messages get lost, late or cut off, clocks differ, one pod may lie.

Everything follows from `seed`. Honest pods act only through protocol.keeping. The hostile pod seals two children of one
parent, seals ahead of the clock, confirms what conflicts or nothing, lies about heights, signs what it is asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, NamedTuple

from protocol.chain import next_epoch
from protocol.keeping import next_term, promise_recovery
from protocol.records.chain import Handover, Seal
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState, quorum
from tests.property.simulated_pod import Pod, with_proofs
from tests.support import community
from tests.support.community import OWNER, Person, kept_by_all, pod_key, seat

PATIENCE: Final = 100_000
SKEW: Final = 30_000


@dataclass
class World:
    """The pods, what is under way between them, and how bad the weather is."""

    rng: Random
    pods: list[Pod]
    people: list[Person]
    now: int = community.START
    loss: float = 0.1
    islands: dict[str, int] = field(default_factory=dict)
    under_way: list[tuple[int, Pod, Pod, Record]] = field(default_factory=list)
    story: str = ""

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # how Hypothesis shows a failing example
        printer.text(self.story)

    def clock(self, pod: Pod) -> int:
        return self.now + pod.skew

    def honest(self) -> list[Pod]:
        return [pod for pod in self.pods if pod.alive and not pod.hostile]

    def meet(self, one: Pod, other: Pod) -> bool:
        """Whether a message gets through between two pods now."""
        same = self.islands.get(one.name, 0) == self.islands.get(other.name, 0)
        return one.alive and other.alive and same and self.rng.random() >= self.loss

    def send(self, sender: Pod, record: Record, share: float = 1.0) -> None:
        """To every pod, or to a share of them; the sender has it at once."""
        sender.take(record, self.clock(sender))
        for pod in self.pods:
            if pod is not sender and self.rng.random() < share:
                delay = self.rng.choice((0, 1000, 60_000)) if self.loss else 0
                self.under_way.append((self.now + delay, sender, pod, record))

    def deliver(self) -> None:
        due = [message for message in self.under_way if message[0] <= self.now]
        self.under_way = [message for message in self.under_way if message[0] > self.now]
        self.rng.shuffle(due)
        for _, sender, pod, record in due:
            if self.meet(sender, pod):
                pod.take(record, self.clock(pod))

    def pull(self, pod: Pod, source: Pod) -> None:
        if self.meet(pod, source):
            for record in unseen(pod, source):
                pod.take(record, self.clock(pod))

    def step(self, *, writing: bool = True) -> None:
        """Time passes, and some pods act."""
        self.now += self.rng.choice((2_000, 20_000, 90_000))
        self.deliver()
        if self.loss and self.rng.random() < 0.15:
            self.islands = {pod.name: self.rng.randrange(2) for pod in self.pods}
        if writing and self.rng.random() < 0.6:
            self.write()
        for pod in self.rng.sample(self.pods, len(self.pods)):
            if pod.alive and self.rng.random() < 0.7:
                if self.rng.random() < 0.03:
                    pod.restart()
                self.pull(pod, self.rng.choice(self.pods))
                self.act_badly(pod) if pod.hostile else self.act(pod)

    def act(self, pod: Pod) -> None:
        clock = self.clock(pod)
        if record := pod.seal(clock):
            self.send(pod, record)
        if record := pod.confirm(clock):
            self.send(pod, record)
        if pod.proposal_due(clock):
            self.propose(pod)

    def propose(self, pod: Pod) -> None:
        """Collect signatures for a handover to this pod; an answer may get lost after it was given."""
        clock = self.clock(pod)
        state = pod.parent_for_handover(clock)
        term, at = next_term(max(pod.known_term, pod.memory.highest_term), state), max(clock, state.at)
        pod.counting_from, pod.tries = clock, pod.tries + 1
        if not pod.signs(state, term, at, clock):
            return
        keepers, acks = [seat(one.member, pod_key_name(self.pods, one.key)) for one in state.seats], pod.acks_for(state)

        def handover(signed: list[Pod]) -> Record:
            keys = [pod_key(one.name) for one in signed]
            return community.handover(state, pod.name, keepers, keys, at=at, term=term, acks=acks)

        signed = self.ask(pod, [pod], state, term, at)
        if len(signed) < quorum(len(state.seats)):
            # Who refused is asked once more, and shown who signed.
            signed = self.ask(pod, signed, state, term, at, shown=handover(signed))
        if len(signed) >= quorum(len(state.seats)):
            record = handover(signed)
            pod.own_last = record.id
            self.publish(pod, record)

    def ask(
        self, pod: Pod, signed: list[Pod], state: GroupState, term: int, at: int, *, shown: Record | None = None
    ) -> list[Pod]:
        """Those who signed, with who signs now."""
        signed = list(signed)
        for other in self.pods:
            if other in signed or not self.meet(pod, other):
                continue
            self.pull(other, pod)
            if shown:
                other.take(shown, self.clock(other))
            if other.signs(state, term, at, self.clock(other)) and self.meet(pod, other):
                signed.append(other)
            pod.known_term = max(pod.known_term, other.memory.highest_term)
        return signed

    def publish(self, pod: Pod, record: Record) -> None:
        """Spread a handover, at times only in copies that reach the quorum together."""
        in_parts = self.rng.random() < 0.3
        for start in (0, 1):
            self.send(pod, with_proofs(record, start, 2), share=1.0 if in_parts else 0.2)
        if not in_parts:
            self.send(pod, record)

    def write(self) -> None:
        """Somebody wishes something; now and then what they may not, or with an old counter."""
        pod = self.rng.choice(self.honest())
        person, group = pod.person, pod.root.id
        other = self.rng.choice(self.people).number
        wishes: list[tuple[str, dict[str, object]]] = [
            ("event", {"name": "note"}),
            ("event", {"name": "owners only"}),
            ("set-weight", {"member": other, "weight": OWNER - self.rng.randrange(1, 50)}),
            ("set-policy", {"description": str(self.now)}),
        ]
        do, document = self.rng.choice(wishes)
        if self.rng.random() < 0.1 and person.counter > 1:
            person.counter -= 1
        if self.rng.random() < 0.1:  # in another's name
            forger = community.Person("forger", person.pod, person.number, person.key, counter=person.counter)
            self.send(pod, open_record(community.operation(group, forger, do, document)))
        self.send(pod, open_record(community.operation(group, person, do, document)))

    def act_badly(self, pod: Pod) -> None:
        state, clock = pod.view.state, self.clock(pod)
        mood = self.rng.random()
        if state.steward.key == pod.memory.key and mood < 0.7:
            waiting = [body for own, (body, _) in pod.pending.items() if own not in pod.done][:3]
            ahead = self.rng.choice((0, 0, 3_600_000))
            for operations in ([], waiting):
                at = max(clock, state.at) + ahead + self.rng.randrange(3)
                self.send(pod, community.seal(state, pod.name, operations, at=at), share=0.6)
        elif mood < 0.9:
            node = self.rng.choice(sorted(pod.view.nodes.values(), key=lambda known: known.item))
            lie = {"height": self.rng.randrange(40)} if self.rng.random() < 0.2 else {}
            self.send(pod, community.ack(pod.person.number, pod.name, node.state, **lie), share=0.6)
        elif mood < 0.95:
            parent = self.rng.choice(sorted(pod.view.nodes.values(), key=lambda known: known.item)).state
            term = parent.term + self.rng.randrange(1, 9)
            keepers = [seat(one.number, one.pod) for one in self.people]
            self.send(pod, community.handover(parent, pod.name, keepers, [pod_key(pod.name)], term=term), share=0.6)
        elif pod.proposal_due(clock):
            self.propose(pod)

    def heal(self) -> None:
        """Fair weather: everything sent arrives."""
        self.loss, self.islands = 0.0, {}
        for _ in range(2):
            for pod in self.pods:
                for other in self.pods:
                    self.pull(pod, other)

    def goes_on(self, rounds: int = 300) -> bool:
        """Whether, in fair weather, a wish of each living honest keeper gets settled at all of them."""
        wishes = set()
        for pod in self.honest():
            wish = open_record(community.operation(pod.root.id, pod.person, "event", {"name": "note"}))
            self.send(pod, wish)
            wishes.add(wish.id)
        for _ in range(rounds):
            self.now += 60_000
            self.heal()
            self.step(writing=False)
            if all(wishes <= pod.done for pod in self.honest()):
                return True
        return False

    def settled(self) -> Iterator[tuple[Pod, str, int]]:
        for pod in self.honest():
            for item, height in pod.moves:
                yield pod, item, height

    def parents(self) -> dict[str, str]:
        return {
            item: record.content.parent
            for pod in self.pods
            for item, record in pod.items().items()
            if isinstance(record.content, Seal | Handover)
        }

    def everything(self) -> list[Record]:
        """All chain records that exist anywhere, each version once, in no order that means anything."""
        versions = {version: record for pod in self.pods for version, record in pod.records.items()}
        return [versions[version] for version in sorted(versions)]


def unseen(pod: Pod, source: Pod) -> list[Record]:
    """What arrived at `source` since `pod` pulled from it last, by a cursor."""
    start, pod.pulled[id(source)] = pod.pulled.get(id(source), 0), len(source.arrived)
    return source.arrived[start:]


def pod_key_name(pods: list[Pod], key: str) -> str:
    return next(pod.name for pod in pods if pod_key(pod.name).did == key)


class Kind(NamedTuple):
    """How many keepers, each on a pod of its own; whether one is hostile, one dies, or the quorum is lost for good."""

    keepers: int
    hostile: bool = False
    dead: bool = False
    lost: bool = False


KINDS: Final = (
    Kind(3),
    Kind(3, dead=True),
    Kind(4),
    Kind(4, hostile=True),
    Kind(4, lost=True),
    Kind(7, hostile=True),
    Kind(7, hostile=True, dead=True),
    Kind(7, lost=True),
)


def a_world(seed: int, kind: Kind) -> World:
    """A history of `kind`: who is hostile is so from the start, who dies or recovers does so at some time."""
    rng = Random(seed)
    policy = {"handover_after": PATIENCE, "permissions": {"note": 1}}
    grown = kept_by_all("sim", kind.keepers, **policy)
    pods = [Pod(person, grown.records[0], skew=rng.randrange(-SKEW, SKEW)) for person in grown.people]
    world = World(rng, pods, grown.people, loss=rng.choice((0.1, 0.3, 0.5)))
    world.story = f"a_world({seed}, {kind})"
    for pod in pods:
        for record in grown.records[1:]:
            pod.take(record, world.clock(pod))
    if kind.hostile:
        rng.choice(pods).hostile = True
    steps = rng.randrange(20, 70)
    happens = rng.randrange(steps)
    for number in range(steps):
        if number == happens and kind.dead:
            rng.choice(pods).alive = False
        if number == happens and kind.lost:
            recover(world)
        world.step()
    return world


def recover(world: World) -> None:
    """More pods than the quorum can miss are lost; their people take them up elsewhere, by a recovery."""
    count = len(world.pods)
    lost = world.rng.sample(world.pods, count - quorum(count) + 1)
    for pod in lost:
        pod.alive = False
    living = world.honest()
    # The quorum of every settled item has a member among n - q + 1 living: what they confirmed last contains it.
    parent = max((pod.last_confirmed() for pod in living), key=lambda state: (state.term, state.height))
    sets = [parent.seats, *(replaced.seats for replaced in parent.earlier)]
    chosen = {one.member for seats in sets for one in world.rng.sample(seats, quorum(len(seats)))}
    signers = [person.recovery() for person in world.people if person.number in chosen]
    moved = []
    for pod in lost:
        person = pod.leave()
        moved.append(community.rehomed(parent.group, person, f"{person.pod}-anew"))
        world.pods.append(Pod(person, pod.root, skew=pod.skew))
    heirs = [pod for pod in world.pods if pod not in lost]
    keepers = [seat(pod.person.number, pod.name) for pod in heirs]
    steward = world.rng.choice(heirs)
    at, term = max(world.clock(steward), parent.at), next_epoch(parent.term)
    record = community.handover(parent, steward.name, keepers, signers, moved, at=at, term=term)
    for pod in living:
        for other in living:
            for known in unseen(pod, other):
                pod.take(known, world.clock(pod))
        pod.memory = promise_recovery(pod.memory, pod.view, record)
    steward.own_last = record.id
    world.send(steward, record)
