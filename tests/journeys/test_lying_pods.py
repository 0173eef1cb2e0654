"""What a pulling pod refuses from a pod that lies: nothing of it stays, and the honest page is taken afterwards."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final, NamedTuple

import pytest

from protocol.keys import PrivateKey
from protocol.records.envelope import open_record
from tests.support.lying_pod import Body, LyingPod, Page, lying
from tests.support.rig import Person, RefusedByHttpError, ServedPod, worker_number

PODS = 1
MIB: Final = 1024 * 1024
STRANGER: Final = PrivateKey.from_seed(b"stranger".ljust(32))

Build = Callable[[LyingPod], Callable[[Page], Page]]


class Lie(NamedTuple):
    """How one list's page is spoiled, and what the pull then answers; no code: it passes the lie over."""

    name: str
    of: str
    build: Build
    code: str = ""


class Sight(NamedTuple):
    """What a lie must not change."""

    head: str
    state_hash: str
    held: int
    entries: list[Body]
    pending: list[Body]


class World:
    """eve's pod, which pulls, and two that lie."""

    def __init__(self, eve: Person, liar: LyingPod, other: LyingPod) -> None:
        self.eve = eve
        self.liar = liar
        self.other = other

    def pull(self, of: LyingPod | None = None) -> Any:
        pod = of or self.liar
        return self.eve.post(f"/api/v1/groups/{pod.group}/pulls", {"pod": pod.url})

    def sight(self, of: LyingPod | None = None) -> Sight:
        group = (of or self.liar).group
        seen = self.eve.get(f"/api/v1/groups/{group}")
        entries = self.eve.get(f"/groups/{group}/log?from=0")["entries"]
        pending = self.eve.get(f"/groups/{group}/pending?from=0")["records"]
        return Sight(seen["head"], seen["state_hash"], seen["log"]["held"], entries, pending)


@pytest.fixture(scope="module")
def world(pods: list[ServedPod]) -> Iterator[World]:
    (pod,) = pods
    eve = pod.sign_up("eve")
    pod.start()
    hosts = (f"127.77.{worker_number()}.{number}" for number in (9, 8))
    with lying(LyingPod(next(hosts), "liar")) as liar, lying(LyingPod(next(hosts), "forger")) as other:
        made = World(eve, liar, other)
        for one in (liar, other):
            one.seal(a_vote(one))
            made.pull(one)
        yield made


def a_vote(liar: LyingPod, author: int = 1, **members: Any) -> Body:
    said = {"target": {"subject": "well"}, "value": liar.frontier.size % 1000, **members}
    return liar.record("Vote", author, **said)


def raw(body: bytes, **members: Any) -> Build:
    """Another body instead of the page."""
    return lambda _: lambda _: Page(body, **members)


def around(head: bytes, tail: bytes = b"") -> Build:
    """The page with something before its first member, and after its end."""
    return lambda _: lambda page: page._replace(body=b"{" + head + page.body[1:] + tail)


def listed(spoil: Callable[[LyingPod, list[Any]], list[Any]], of: str = "entries") -> Build:
    """The page with another list."""

    def build(liar: LyingPod) -> Callable[[Page], Page]:
        def spoiled(page: Page) -> Page:
            body = json.loads(page.body)
            return page._replace(body=json.dumps({**body, of: spoil(liar, body[of])}).encode())

        return spoiled

    return build


def marked(_: LyingPod) -> Callable[[Page], Page]:
    return lambda page: page._replace(body=b"\xef\xbb\xbf" + page.body)


def bomb(_: LyingPod) -> Callable[[Page], Page]:
    return lambda _: Page(gzip.compress(b'{"entries":[' + b" " * 64 * MIB + b"]}"), encoding="gzip")


def of_another_group(_: LyingPod) -> Body:
    other = LyingPod("127.0.0.1", "another")
    return a_vote(other)


def flipped(entry: Body) -> Body:
    return {**entry, "value": 1 - entry["value"]}


def shape_of(entry: Body, **members: Any) -> Body:
    """What would be left of a record if its author had erased it."""
    kept = {name: entry[name] for name in ("group", "author", "key", "counter")}
    own_id = open_record(entry).id
    return {**kept, "id": own_id, "type": "Post", "erased": True, "post": own_id, "afters": [], **members}


def an_erasure(liar: LyingPod, of: Body, author: int = 1, signer: PrivateKey | None = None) -> Body:
    return liar.record("Erase", author, signer, records=[open_record(of).id])


PAGES = [
    Lie("not JSON", "log", raw(b"entries"), "malformed_record"),
    Lie("no body", "log", raw(b""), "malformed_record"),
    Lie("not UTF-8", "log", around(b'"more":"\xff",'), "malformed_record"),
    Lie(
        "byte order mark",
        "log",
        marked,
        "malformed_record",
    ),
    Lie("duplicate keys", "log", around(b'"entries":[],'), "malformed_record"),
    Lie("NaN", "log", around(b'"more":NaN,'), "malformed_record"),
    Lie("lone surrogate", "log", around(b'"more":"\\ud800",'), "malformed_record"),
    Lie("NUL", "log", around(b'"more":"\\u0000",'), "malformed_record"),
    Lie("huge integer", "log", around(b'"more":1' + b"0" * 400 + b","), "malformed_record"),
    Lie("deep JSON", "log", around(b'"more":' + b"[" * 50_000 + b"]" * 50_000 + b","), "too_large"),
    Lie("JSON beyond the depth", "log", around(b'"more":' + b"[" * 33 + b"]" * 33 + b","), "too_large"),
    Lie("more members than a page has", "log", around(b'"more":[' + b"1," * 100_001 + b"1],"), "too_large"),
    Lie("oversize", "log", around(b"", b" " * MIB), "remote"),
    Lie("gzip bomb", "log", bomb, "remote"),
    Lie("not the gzip that it says", "log", raw(b"{}", encoding="gzip"), "remote"),
    Lie("a list", "log", raw(b"[]"), "remote"),
    Lie("a page for people", "log", raw(b"<p>", content_type="text/html"), "remote"),
    Lie("not found", "log", raw(b"{}", status=404), "remote"),
    Lie("a failing server", "chain", raw(b"{}", status=500), "remote"),
    Lie("chain that isn't JSON", "chain", raw(b"items"), "malformed_record"),
    Lie("pending that isn't JSON", "pending", raw(b"records"), "malformed_record"),
]
CHAINS = [
    Lie("no items", "chain", listed(lambda _, _items: [], "items")),
    Lie("items that are no list", "chain", listed(lambda _, _items: {}, "items")),  # type: ignore[arg-type,return-value]
    Lie("items that are no records", "chain", listed(lambda _, _items: [1, "x", None, [], {}], "items")),
    Lie(
        "an item with a flipped byte",
        "chain",
        listed(lambda _, items: [{**i, "at": i["at"] + 1} for i in items], "items"),
    ),
    Lie("an item without its parent", "chain", listed(lambda _, items: items[2:], "items")),
]
LOGS = [
    Lie("no entries", "log", listed(lambda *_: [])),
    Lie("entries that are no records", "log", listed(lambda *_: [1, "x", None, [], {}])),
    Lie("another record", "log", listed(lambda liar, _: [liar.log[0]])),
    Lie("a record with a flipped byte", "log", listed(lambda _, entries: [flipped(entry) for entry in entries])),
    Lie("a record of another group", "log", listed(lambda liar, _: [of_another_group(liar)])),
    Lie("an operation", "log", listed(lambda liar, _: [operation(liar)])),
    Lie("a record by nobody", "log", listed(lambda liar, _: [a_vote(liar, 1, value=8, key=9)])),
    Lie("a shape that nobody asked for", "log", listed(lambda _, entries: [shape_of(entry) for entry in entries])),
    Lie(
        "a shape of another group",
        "log",
        listed(lambda liar, entries: [shape_of(entry, group=of_another_group(liar)["group"]) for entry in entries]),
    ),
    Lie(
        "a shape with a hole",
        "log",
        listed(lambda _, entries: [{**shape_of(entry), "afters": None} for entry in entries]),
    ),
    Lie("a shape with more", "log", listed(lambda _, entries: [shape_of(entry, text="x") for entry in entries])),
]


def operation(liar: LyingPod) -> Body:
    said: Body = {"do": "event", "with": {"name": "x"}}
    return liar.record("Operation", **said)


TABLE = [*PAGES, *CHAINS, *LOGS]


@pytest.mark.parametrize("lie", TABLE, ids=[lie.name.replace(" ", "-") for lie in TABLE])
def test_a_lying_page_changes_nothing_and_the_honest_one_is_taken(world: World, lie: Lie) -> None:
    liar, before = world.liar, world.sight()
    vote = a_vote(liar)
    liar.seal(vote)
    liar.spoil = {lie.of: lie.build(liar)}

    if lie.code:
        with pytest.raises(RefusedByHttpError) as refused:
            world.pull()
        check_problem_of(refused.value, lie.code)
    else:
        world.pull()

    after = world.sight()
    if lie.of == "chain":
        assert after == before
    if lie.of != "pending":
        assert (after.held, after.entries) == (before.held, before.entries)
    assert after.pending == before.pending
    liar.spoil = {}
    world.pull()
    repaired = world.sight()
    assert repaired.head == liar.community.now.head
    assert repaired.entries == [*before.entries, vote]


def check_problem_of(refused: RefusedByHttpError, code: str) -> None:
    problem = json.loads(refused.document)
    assert problem["code"] == code, problem
    assert problem["status"] == refused.status
    # What another server did is no rule of ours.
    assert problem["detail"]
    assert problem.get("rule") or code == "remote", problem


@pytest.mark.parametrize("forged", [False, True], ids=["of-somebody-else", "that-is-forged"])
def test_an_erasure_lets_no_shape_in(world: World, forged: bool) -> None:
    liar, before = world.liar, world.sight()
    vote = a_vote(liar)
    liar.seal(vote, served=[shape_of(vote)])
    liar.pending.append(an_erasure(liar, vote, 1, STRANGER) if forged else an_erasure(liar, vote, 2))

    world.pull()

    assert world.sight().entries == before.entries
    liar.log[-1] = vote
    world.pull()
    assert world.sight().entries == [*before.entries, vote]


def test_a_record_of_another_group_is_not_let_in_by_the_way(world: World) -> None:
    liar, other = world.liar, world.other
    before = world.sight(other)
    liar.pending.append(a_vote(other))
    liar.spoil = {"log": lambda page: page._replace(body=json.dumps({"entries": [a_vote(other)]}).encode())}
    liar.seal(vote := a_vote(liar))

    world.pull()

    assert world.sight(other) == before
    liar.spoil = {}
    world.pull()
    assert world.sight().entries[-1] == vote


def test_a_forged_erasure_in_the_log_lets_no_shape_in(world: World) -> None:
    other, before = world.other, world.sight(world.other)
    vote = a_vote(other)
    other.seal(vote, served=[shape_of(vote)])
    other.seal(an_erasure(other, vote, 1, STRANGER), settled=False)

    world.pull(other)

    assert world.sight(other).entries == before.entries
    other.log[-2] = vote
    world.pull(other)
    # What nobody's key can have signed never finds a place, nor what stands behind it.
    assert world.sight(other).entries == [*before.entries, vote]


def test_a_shape_is_taken_beside_the_erasure_of_its_author(world: World) -> None:
    liar, before = world.liar, world.sight()
    post = liar.record("Post", kind="note", paragraphs=[{"style": "text", "text": "A secret."}])
    shape, erasure = shape_of(post, afters=[{}]), an_erasure(liar, post)
    liar.seal(post, served=[shape])
    world.pull()
    assert world.sight().held == before.held
    liar.seal(erasure)

    world.pull()

    assert world.sight().entries == [*before.entries, shape, erasure]


def test_an_erasure_that_waits_lets_the_shape_in(world: World) -> None:
    liar, before = world.liar, world.sight()
    post = liar.record("Post", kind="note", paragraphs=[{"style": "text", "text": "A secret."}])
    shape, erasure = shape_of(post, afters=[{}]), an_erasure(liar, post)
    liar.seal(post, served=[shape])
    liar.pending.append(erasure)

    world.pull()

    assert world.sight().entries == [*before.entries, shape]
    assert erasure in world.sight().pending
    liar.seal(erasure)
    world.pull()


def test_the_whole_record_replaces_a_shape_that_its_author_did_not_ask_for(world: World) -> None:
    """Member 2 signed an erasure of what member 1 wrote, and the pod serves the shape under member 2's name."""
    liar, before = world.liar, world.sight()
    post = liar.record("Post", kind="note", paragraphs=[{"style": "text", "text": "I am here."}])
    stolen, erasure = shape_of(post, author=2, afters=[{}]), an_erasure(liar, post, 2)
    liar.seal(post, served=[stolen])
    liar.seal(erasure)
    world.pull()
    assert world.sight().entries == [*before.entries, stolen, erasure]
    own_id = open_record(post).id

    liar.pending.append(post)
    world.pull()

    assert world.sight().entries == [*before.entries, post, erasure]
    shown = world.eve.get(f"/api/v1/groups/{liar.group}/posts/{own_id}")
    assert [paragraph["text"] for paragraph in shown["paragraphs"]] == ["I am here."]
    assert shown["author"] == 1


def a_post(liar: LyingPod, text: str) -> Body:
    return liar.record("Post", 2, kind="note", paragraphs=[{"style": "text", "text": text}])


NAMES: Final = (f"closed-{number}" for number in count(1))


@pytest.fixture
def closed() -> Iterator[LyingPod]:
    """A pod whose group logged a post and was closed."""
    with lying(LyingPod(f"127.77.{worker_number()}.7", next(NAMES))) as pod:
        pod.seal(a_vote(pod), a_post(pod, "Before the end."))
        pod.close()
        yield pod


def test_x6_a_lying_pod_brings_no_post_into_a_closed_group_as_logged(world: World, closed: LyingPod) -> None:
    world.pull(closed)
    before = world.sight(closed)
    vote, late = a_vote(closed), a_post(closed, "After the end.")
    closed.seal(vote, served=[late])

    world.pull(closed)

    after = world.sight(closed)
    assert (after.held, after.entries, after.pending) == (before.held, before.entries, [])
    with pytest.raises(RefusedByHttpError):
        world.eve.get(f"/api/v1/groups/{closed.group}/posts/{open_record(late).id}")
    closed.log[-1] = vote
    world.pull(closed)
    assert world.sight(closed).entries == [*before.entries, vote]
    # A steward who logs it is not at fault: what a root proves is held by all.
    closed.seal(late)
    world.pull(closed)
    assert world.sight(closed).entries == [*before.entries, vote, late]


def test_x6_who_comes_late_to_a_closed_group_gets_all_that_it_logged(world: World, closed: LyingPod) -> None:
    closed.pending.append(a_post(closed, "Never logged."))
    world.pull(closed)

    assert world.sight(closed).entries == closed.log
    assert world.sight(closed).pending == []
    post = world.eve.get(f"/api/v1/groups/{closed.group}/posts/{open_record(closed.log[1]).id}")
    assert [paragraph["text"] for paragraph in post["paragraphs"]] == ["Before the end."]


def test_projections_are_what_a_rebuild_makes(world: World, pods: list[ServedPod]) -> None:
    pods[0].kill()
    pods[0].run("rebuild", "--check")
    pods[0].run("group", "verify", world.liar.group)
    pods[0].start()
