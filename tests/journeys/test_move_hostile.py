"""The old pod lies, withholds, falls silent, signs what it mustn't: its person comes home elsewhere all the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import msgspec
import pytest

from federation.activities import move
from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from federation.signatures import sign as signed
from models.moving.departures import FREEZE_MS
from models.people.accounts import load_account_named
from pod.actions.fediverse.actors import POD, actor_keys, person_path, signing_key
from pod.actions.moving.copy_classes import class_pages, sign_manifest
from pod.actions.moving.grant_messages import ClassPage
from pod.actions.moving.taken_copies import LeafPage
from pod.actions.posts.votes_and_marks import mute
from pod.actions.sync.pull import pull
from pod.deps import Deps
from pod.rules.copies import KeptCopyRule
from protocol.copies import CLASSES, CopyLine, CopyTally, parse_line
from protocol.ids import RecordId
from protocol.proofs import sign
from tests.support.browsing import Browser
from tests.support.chromium_visitor import ChromiumVisitor, Look
from tests.support.hostile import HostilePod, serving
from tests.support.lying_front import LyingFront, lying_front
from tests.support.moved import check_unseen
from tests.support.moving_by_pages import led_to
from tests.support.peer import send
from tests.support.people import agreed, joined
from tests.support.rig import PORT, Person, RefusedByHttpError, ServedPod, call, eventually, worker_number
from tests.support.seized import SeizedPod
from tests.support.wire import a_request, changed, with_fields

pytestmark = pytest.mark.slow

LOOKS: Final = ("sv-plain",)
PLANNED: Final = "This is what would be copied. Nothing is copied yet, and a copy changes nothing for anybody."
WHOLE: Final = "The copy is whole: each line here is the one there."
STOPPED: Final = "The move has stopped. Nothing is lost: it can go on where it stopped."
JOURNEY: Final = "/move/journey"
SWITCH: Final = "/move/switching"
ON_ITS_WAY: Final = "Your account is on its way. This takes some minutes; you may close this page."
GAVE: Final = (
    "%(known)s of your posts, votes and ballots were in your groups. %(returned)s came out of your copy. "
    "%(lost)s are lost: their groups aren't here, or don't take them any more."
)
OVER: Final = "This move is over. This pod doesn't read your account at %(host)s any more."
NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}
# A byte of each class that has lines, in a word that stands in each of its pages here.
FLIPS: Final = {
    "personal": (b"is dry", b"is dri"),
    "records": (b"is dry", b"is dri"),
    "memberships": (b'"number":2', b'"number":3'),
    "choices": (b'"language":"', b'"language":"x'),
    "actor": (b"/u/ada", b"/u/adb"),
}


@dataclass
class Manor:
    """ada and eve live at the old pod, bo at another; ada moves to the new one."""

    old: ServedPod
    new: ServedPod
    front: LyingFront
    ada: Person
    bo: Person
    parish: str  # bo's, public
    attic: str  # bo's, private
    browser: ChromiumVisitor
    offset_ms: int = 0
    again: Person | None = None
    spoilt: set[str] = field(default_factory=set)

    @property
    def own(self) -> str:
        return str(self.ada.account["personal_group"])

    def passes(self, ms: int) -> None:
        """Let time go on, at each pod."""
        self.offset_ms += ms
        for pod in (self.old, self.new, self.bo.pod):
            pod.set_clock(self.offset_ms)

    def at(self, pod: ServedPod) -> ChromiumVisitor:
        self.browser.pod = pod
        return self.browser

    def flips(self, name: str) -> Callable[[bytes], bytes]:
        def lie(said: bytes) -> bytes:
            before, after = FLIPS[name]
            if before in said:
                self.spoilt.add(name)
            return said.replace(before, after, 1)

        return lie


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory, look: Look) -> Iterator[list[ServedPod]]:
    """An old pod behind its front, a new one, and one where neighbours live."""
    del look  # a journey told anew has pods of its own
    folder, worker = tmp_path_factory.mktemp("pods"), worker_number()
    made = [ServedPod(folder / f"pod{number}", worker, number, relayed=number == 1) for number in (1, 2, 3)]
    try:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda pod: pod.create(), made))
        yield made
    finally:
        for pod in made:
            pod.kill()


@pytest.fixture(scope="module")
def manor(pods: list[ServedPod], visitor: Callable[[ServedPod], ChromiumVisitor]) -> Iterator[Manor]:
    old, new, third = pods
    ada, eve, bo = old.sign_up("ada"), old.sign_up("eve"), third.sign_up("bo")
    with lying_front(old) as front:
        old.door = old.url  # browsers come by its front, as everybody does
        for pod in pods:
            pod.act(lambda deps: actor_keys(deps, POD))
            pod.start()
        parish, attic = (
            bo.post("/api/v1/groups", {"name": name, "weight": 3000, "visibility": visibility})["group"]
            for name, visibility in (("Parish", "public"), ("Attic", "private"))
        )
        assert [joined(bo, parish, ada, 1000), joined(bo, attic, ada, 500)] == [2, 2]
        for person, group in (
            (ada, ada.account["personal_group"]),
            (ada, parish),
            (eve, eve.account["personal_group"]),
        ):
            person.post(f"/api/v1/groups/{group}/posts", NOTE)
        old.act(lambda deps: speaks(deps, parish))
        eventually(lambda: agreed(parish, ada, bo) and agreed(attic, ada, bo))
        eventually(lambda: ada.get(f"/api/v1/groups/{parish}")["log"]["held"] > 1)
        yield Manor(old, new, front, ada, bo, parish, attic, visitor(old).sign_in("ada"))


async def speaks(deps: Deps, group: str) -> None:
    """Ada has an actor, and mutes bo."""
    await actor_keys(deps, person_path("ada"))
    async with deps.store.database.read() as session:
        account = await load_account_named(session, "ada")
    assert account is not None
    await mute(deps, account, RecordId(group), 1, muted=True)


async def lines_of(deps: Deps, who: str, name: str) -> list[CopyLine]:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, who)
        assert account is not None
        return [line async for page in class_pages(session, deps, account, name) for line in page.lines]


def page_of(lines: list[CopyLine]) -> bytes:
    return msgspec.json.encode(ClassPage([msgspec.Raw(line.text) for line in lines], None))


def stopped(browser: ChromiumVisitor, name: str) -> Any:
    """The page that says that the move stopped at a line of this class."""

    def named() -> Any:
        shown = browser.awaits(JOURNEY, STOPPED)
        return shown if browser.says(shown, KeptCopyRule.LINE_UNPROVEN, name=name) else None

    return eventually(named)


def members(person: Person, group: str) -> list[tuple[int, int]]:
    return [(one["number"], one["weight"]) for one in person.get(f"/api/v1/groups/{group}")["members"]]


def test_mg_08_a_flipped_byte_in_each_class_and_anothers_rows_are_named_and_healed_by_trying_again(
    manor: Manor,
) -> None:
    front, browser = manor.front, manor.at(manor.new)
    found = browser.submit(browser.get("/move"), "/move", account=f"{manor.old.url}/@ada")
    page = led_to(browser.submit(found, "/move/ask"))
    manor.at(manor.old)
    came = browser.submit(browser.get(page), page, host=manor.new.url.partition("://")[2])
    assert came.path.startswith(JOURNEY), came.text
    manor.at(manor.new)
    planned = browser.awaits(JOURNEY, PLANNED)
    eves = {name: page_of(manor.old.act(partial(lines_of, who="eve", name=name))) for name in ("personal",)}
    front.lies = {f"classes/{name}": manor.flips(name) for name in FLIPS}
    front.lies["classes/personal"] = lambda _: eves["personal"]
    browser.submit(planned, "/move/start", name="ada")
    shown = stopped(browser, "personal")
    front.lies["classes/personal"] = manor.flips("personal")
    browser.press(shown, "Try again")
    eventually(lambda: "personal" in manor.spoilt)
    for name in ("personal", "records"):
        shown = stopped(browser, name)
        del front.lies[f"classes/{name}"]
        browser.press(shown, "Try again")
    shown = browser.awaits(JOURNEY, KeptCopyRule.LINES_DIFFER)
    assert manor.spoilt == set(FLIPS)
    for name in FLIPS.keys() - {"personal", "records"}:
        assert f"{name} " in shown.text
    front.lies.clear()
    front.slow = "/marks"  # and it answers, without ever coming to an end
    manor.passes(60_000)
    too_slow = RemoteFault.TOO_SLOW.sv if browser.language == "sv" else RemoteFault.TOO_SLOW.en
    eventually(lambda: too_slow in browser.get(JOURNEY).text, seen=lambda: browser.get(JOURNEY).text)
    front.slow = None
    manor.passes(60_000)
    browser.awaits(JOURNEY, WHOLE)
    check_unseen(manor.new, manor.ada, manor.attic)


async def withheld(deps: Deps, record: str) -> tuple[bytes, set[str]]:
    """A manifest that leaves out a record, signed by ada's key; and the key of its line."""
    totals, left_out = {}, set()
    async with deps.store.database.read() as session:
        account = await load_account_named(session, "ada")
        assert account is not None
        for name in CLASSES:
            lines = [line async for page in class_pages(session, deps, account, name) for line in page.lines]
            gone = {line.key for line in lines if record.encode() in line.text}
            totals[name] = CopyTally().add([line for line in lines if line.key not in gone]).total()
            left_out |= gone
        manifest = await sign_manifest(session, deps, account, totals, now=deps.clock())
    return msgspec.json.encode(manifest), left_out


def without(keys: set[str]) -> dict[str, Callable[[bytes], bytes]]:
    """Pages of lines, and of their hashes, without those of these keys."""

    def lines(said: bytes) -> bytes:
        page = msgspec.json.decode(said, type=ClassPage)
        left = [line for line in page.lines if parse_line(bytes(line)).key not in keys]
        return msgspec.json.encode(ClassPage(left, page.next))

    def leaves(said: bytes) -> bytes:
        page = msgspec.json.decode(said, type=LeafPage)
        return msgspec.json.encode(LeafPage({k: leaf for k, leaf in page.leaves.items() if k not in keys}, page.next))

    return {"/classes/": lines, "/leaves/": leaves}


def recovered(manor: Manor) -> Person:
    """ada, by her words, at the new pod, where her copy lies."""
    words = {
        "name": "ada",
        "phrase": manor.ada.account["phrase"],
        "groups": [{"group": manor.own, "pod": manor.old.url}],
    }
    answered = call("POST", f"{manor.new.url}/api/v1/recoveries", words, seconds=60)
    return Person(manor.new, {**manor.ada.account, "token": answered["token"]})


def own(manor: Manor) -> dict[str, tuple[str, int]]:
    return {manor.own: ("member", 1)}


def states(person: Person) -> dict[str, tuple[str, int]]:
    return {one["group"]: (one["state"], one["number"]) for one in person.get("/api/v1/me")["memberships"]}


def homes(person: Person, group: str) -> dict[int, str]:
    return {one["number"]: one["pod"] for one in person.get(f"/api/v1/groups/{group}")["members"]}


def logged(group: str, *people: Person) -> bool:
    """Nothing waits, and all have the same."""
    waits = [person.get(f"/groups/{group}/pending?from=0")["records"] for person in people]
    return not any(waits) and agreed(group, *people)


def posts(person: Person, group: str) -> set[str]:
    return {entry["post"] for entry in person.get(f"/api/v1/groups/{group}/posts")["posts"]}


def test_mg_08_who_agrees_to_a_switch_and_is_let_down_comes_home_by_the_words_and_the_copy(manor: Manor) -> None:
    front, ada, bo = manor.front, manor.ada, manor.bo
    before = {group: members(bo, group) for group in (manor.parish, manor.attic)}
    secret = ada.post(f"/api/v1/groups/{manor.parish}/posts", NOTE)["record"]
    eventually(lambda: logged(manor.parish, ada, bo))
    mine, said = posts(ada, manor.own), posts(ada, manor.parish)
    manifest, left_out = manor.old.act(partial(withheld, record=secret))
    assert len(left_out) == 1
    front.lies = {"/manifest": lambda _: manifest, **without(left_out)}
    browser = manor.at(manor.new)
    page = led_to(browser.submit(browser.get(SWITCH), SWITCH))
    manor.at(manor.old)
    front.silent = "/drafts"  # it freezes the account, and falls silent before it signs
    assert browser.submit(browser.get(page), page, handle="ada").path == SWITCH
    manor.at(manor.new)
    eventually(lambda: any("/drafts" in path for path in front.asked), seen=lambda: browser.get(SWITCH).text)
    front.lies.clear()
    with pytest.raises(RefusedByHttpError, match="moving"):
        ada.post(f"/api/v1/groups/{manor.own}/posts", NOTE)
    front.silent = "/switches/"
    manor.passes(FREEZE_MS)
    ada.post(f"/api/v1/groups/{manor.parish}/votes", {"target": {"post": secret}, "value": 7})  # it thaws by itself
    assert browser.says(browser.get(SWITCH), ON_ITS_WAY)
    eventually(lambda: logged(manor.parish, ada, bo))
    front.silent = ""  # and now it answers nobody

    manor.again = again = recovered(manor)

    eventually(lambda: states(again) == dict.fromkeys((manor.parish, manor.attic), ("member", 2)) | own(manor))
    assert posts(again, manor.own) == mine, "nobody but the copy had them"
    eventually(lambda: agreed(manor.parish, again, bo) and agreed(manor.attic, again, bo))
    assert secret in posts(again, manor.parish) == said, "the group's log has what the old pod withheld"
    assert {group: members(bo, group) for group in before} == before
    assert Browser(manor.new).get("/@ada").status == 200
    shown = browser.get(JOURNEY)
    assert browser.says(shown, OVER), shown.text
    given = manor.at(manor.new).sign_in("ada").awaits("/move/file", GAVE, lost=0)
    assert browser.says(given, GAVE, returned=0, lost=0), "each of her records is in a log"


def test_x7_what_the_old_pod_signs_and_tells_after_the_recovery_counts_nowhere(manor: Manor) -> None:
    front, bo, again = manor.front, manor.bo, manor.again
    assert again is not None
    front.silent = None
    bo.post(f"/api/v1/groups/{manor.own}/pulls", {"pod": manor.new.url})
    eventually(lambda: homes(bo, manor.own) == {1: manor.new.url})
    before = {group: homes(bo, group) for group in (manor.own, manor.parish, manor.attic)}
    assert before[manor.parish][2] == manor.new.url
    with serving(HostilePod(f"127.77.{worker_number()}.9")) as rival:
        rival.offset_ms = manor.offset_ms
        seized = SeizedPod(manor.old.folder)
        for group, number in ((manor.own, 1), (manor.parish, 2), (manor.attic, 2)):
            wish = {"home": rival.home, "signing": rival.signing(group).did}
            body = {"type": "Operation", "rules": 1, "group": group, "author": number, "key": 0, "counter": 999}
            rehome = {**body, "at": rival.now(), "do": "rehome", "with": wish}
            told = sign(rehome, seized.member_key("ada", group), rival.signing(group))
            assert [rival.tell(pod, told)[0] // 100 for pod in (bo.pod, manor.new)] == [4, 4]
        assert manor.old.act(partial(tells_of_move, to=rival, inbox=bo.pod, group=manor.own)) == 202
        new = again.post(f"/api/v1/groups/{manor.parish}/posts", NOTE)["record"]
        eventually(lambda: new in posts(bo, manor.parish) and agreed(manor.parish, again, bo))
    assert {group: homes(bo, group) for group in before} == before
    with pytest.raises(RemoteError) as refused:
        manor.old.act(partial(pull, pod=bo.pod.url, group=RecordId(manor.attic)))
    assert refused.value.status == 404
    written: set[str] = set()
    eventually(lambda: refused_at_last(manor.ada, manor.parish, written))
    eventually(lambda: agreed(manor.parish, again, bo))
    assert not written & posts(bo, manor.parish), "what it took before it heard counts nowhere"


def refused_at_last(person: Person, group: str, written: set[str]) -> bool:
    """Whether this pod takes no more posts of this person; those that it took are added to `written`."""
    try:
        written.add(person.post(f"/api/v1/groups/{group}/posts", NOTE)["record"])
    except RefusedByHttpError as refused:
        return bool(refused.problem["code"] == "moved_away")
    return False


async def tells_of_move(deps: Deps, to: HostilePod, inbox: ServedPod, group: str) -> int:
    """The old actor of ada says that she is at a third place; how that is taken."""
    actor = f"{deps.identity.base_url}/{person_path('ada')}"
    body = json.dumps(move(actor, f"{to.url}/u/ada", group=group)).encode()
    request = changed(a_request(target="/inbox", authority=f"{inbox.named}:{PORT}", body=body), scheme="http")
    key = await signing_key(deps, actor)
    return send(with_fields(request, signed(request, key, scheme="cavage", now=deps.clock())))[0]
