"""A second home over real pods: it follows an account, and becomes it by the 24 words once the old pod is dead."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import pytest

from federation.signatures import Policy, read_claims, verify_claim
from federation.signatures.keys import find_actor_key
from models.people.accounts import Account, load_account_named
from models.people.mutes import list_blocks
from models.people.subscriptions import list_followings
from pod.actions.decisions.poll_drafts import begin_draft, list_drafts
from pod.actions.moving.returned_copies import ReturnedCopy, outcome_of
from pod.actions.moving.standing_step import SOON_MS
from pod.actions.posts.votes_and_marks import mute
from pod.deps import Deps
from protocol.ids import RecordId
from tests.support.browsing import Browser
from tests.support.chromium_visitor import ChromiumVisitor
from tests.support.fedify_follower import FedifyFollower, fedify_follower
from tests.support.moved import (
    Said,
    Traces,
    check_all_came,
    check_refused,
    chooses_language,
    public_at,
    said_in_copy,
)
from tests.support.moving_by_pages import Traveller
from tests.support.peer import Peer, send, serving
from tests.support.people import agreed, anew, joined
from tests.support.polling_parish import CAN_ALL, DAY, HOUR, LENGTHS, prediction, soon
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually, worker_number

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PODS = 4
LOOKS: Final = ("sv-scripts",)
HOME: Final = "/move/second-home"
LONG_BETS: Final = {**LENGTHS, "bets": 5 * DAY}
BET: Final = 321
AWAY_MS: Final = 3 * DAY
DRAFT: Final = b'{"kind": "score", "title": "Where shall we dig?"}'
LATE: Final = (
    "The copy hasn't followed your account for %(days)s days. If %(host)s is gone for good, your 24 words bring your "
    "account here with this copy."
)
WORDS: Final = ("The well is dry.", "The choir sings.")


def note(text: str) -> dict[str, Any]:
    return {"kind": "note", "paragraphs": [{"style": "text", "text": text}]}


def posts(person: Person, group: str) -> set[str]:
    return {entry["post"] for entry in person.get(f"/api/v1/groups/{group}/posts")["posts"]}


def members(person: Person, group: str) -> list[tuple[int, int]]:
    return [(one["number"], one["weight"]) for one in person.get(f"/api/v1/groups/{group}")["members"]]


def standings(person: Person) -> dict[str, tuple[str, int]]:
    return {one["group"]: (one["state"], one["number"]) for one in person.get("/api/v1/me")["memberships"]}


async def ada_here(deps: Deps) -> Account:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, "ada")
    assert account is not None
    return account


async def wishes(deps: Deps, parish: str) -> None:
    """She mutes bo in the parish, and drafts a poll."""
    account = await ada_here(deps)
    await mute(deps, account, RecordId(parish), 1, muted=True)
    await begin_draft(deps, account, RecordId(parish), DRAFT)


async def chosen(deps: Deps) -> tuple[list[RecordId], set[tuple[RecordId, int]], list[bytes]]:
    """Whom she follows, whom she mutes, what she drafts."""
    account = await ada_here(deps)
    async with deps.store.database.read() as session:
        follows = [one.group_id for one in await list_followings(session, account.id, 9)]
        muted = {(one.group, one.member) for one in await list_blocks(session, account.id, 9)}
    return sorted(follows), muted, [one.said for one in await list_drafts(deps, account)]


async def given_back(deps: Deps) -> ReturnedCopy | None:
    """What the copy gave to the account, once it has."""
    return await outcome_of(deps, await ada_here(deps))


class Village:
    """ada lives at alpha, her second home is at beta; bo keeps a parish and a choir at gamma.

    cy reads ada at delta, which has no group with her; `fan` and `fia`, who is of other software, follow her from other
    servers. All pods have one clock.
    """

    def __init__(
        self,
        pods: list[ServedPod],
        fan: Peer,
        fia: FedifyFollower,
        visitor: Callable[[ServedPod], ChromiumVisitor],
    ) -> None:
        self.alpha, self.beta, self.gamma, delta = pods
        self.fan, self.fia, self.offset = fan, fia, 0
        self.alpha.set_clock(0)
        for pod in pods[1:]:
            pod.clock_file.symlink_to(self.alpha.clock_file)
        self.ada, self.bo, self.cy = self.alpha.sign_up("ada"), self.gamma.sign_up("bo"), delta.sign_up("cy")
        for pod in pods:
            pod.start()
        self.own = str(self.ada.account["personal_group"])
        self.parish, self.choir = (
            self.bo.post("/api/v1/groups", {"name": name, "weight": 3000, "permissions": CAN_ALL, "visibility": seen})[
                "group"
            ]
            for name, seen in (("Parish", "public"), ("Choir", "private"))
        )
        assert [joined(self.bo, group, self.ada, 1000) for group in (self.parish, self.choir)] == [2, 2]
        self.traveller = Traveller(self.ada, self.beta, visitor(self.alpha))
        self.said: Said | None = None
        self.actor: dict[str, Any] = {}  # her actor's document, while alpha is there
        self.poll = self.statement = ""

    def passes(self, ms: int) -> None:
        self.offset += ms
        self.alpha.set_clock(self.offset)

    def begins(self) -> None:
        """What she has before she makes a second home: who follows her and whom she follows, wishes, posts."""
        fan, ada = self.fan, self.ada
        who = f"{self.alpha.url}/u/ada"
        told = {"id": f"{fan.url}/{fan.now()}", "type": "Follow", "actor": fan.actor, "object": who}
        assert send(fan.signed(fan.unsigned(told)))[0] == 202
        self.actor = call("GET", who)
        self.fia.follow(who)
        bos = str(self.bo.account["personal_group"])
        for pod, name, address in (
            (self.cy.pod, "cy", f"{self.alpha.url}/g/{self.own}"),
            (self.alpha, "ada", f"{self.gamma.url}/g/{bos}"),
        ):
            reader = Browser(pod).sign_in(name)
            assert reader.submit(reader.get("/follows"), "/follows", group=address).status == 200
        self.alpha.act(partial(wishes, parish=self.parish))
        for group, text in zip((self.own, self.choir), WORDS, strict=True):
            ada.post(f"/api/v1/groups/{group}/posts", note(text))

    def polls(self, *parts: str) -> str:
        return "/".join((f"/api/v1/groups/{self.parish}/polls", *parts))

    def reached(self, phase: str, *people: Person) -> None:
        def seen(person: Person) -> str:
            try:
                return str(person.get(self.polls(self.poll))["poll"]["phase"])
            except RefusedByHttpError:
                return ""

        eventually(lambda: all(seen(person) == phase for person in people), seen=lambda: list(map(seen, people)))

    def bets(self) -> None:
        """A poll of the parish comes as far as its bets, and ada lays one, which nobody sees before the voting."""
        ada, bo = self.ada, self.bo
        wish = {"kind": "score", "title": "Where shall we dig?", "lengths": LONG_BETS}
        self.poll = bo.post(self.polls(), wish)["record"]
        self.reached("proposals", ada, bo)
        north = bo.post(self.polls(self.poll, "proposals"), {"title": "North"})["record"]
        self.passes(HOUR)
        self.reached("predictions", ada, bo)
        due_at = bo.get(self.polls(self.poll))["poll"]["times"]["voting_end"] + 40 * HOUR
        self.statement = soon(bo.post, self.polls(self.poll, "predictions"), prediction(north, at=due_at))
        eventually(lambda: self.reads(ada, self.parish, self.statement))
        self.passes(HOUR)
        self.reached("bets", ada, bo)
        soon(ada.put, self.polls(self.poll, "bets"), {"bets": {self.statement: BET}})

    def reads(self, person: Person, group: str, record: str) -> bool:
        """Whether a log that the person's pod holds has the record."""
        try:
            return person.get(f"/api/v1/groups/{group}/records/{record}")["log_index"] is not None
        except RefusedByHttpError:
            return False

    def settled(self, group: str) -> bool:
        seen = self.ada.get(f"/api/v1/groups/{group}")
        waits = self.ada.get(f"/groups/{group}/pending?from=0")["records"]
        return not waits and seen["settled_height"] == seen["height"] and seen["log"]["held"] == seen["log"]["size"]

    def signer_of(self, kind: str) -> str:
        """Whose key, by her old actor's document, signed the delivery of that kind to the fan."""
        (request,) = [one for one in self.fan.came if json.loads(one.body)["type"] == kind]
        now = time.time_ns() // 1_000_000 + self.offset
        (claim,) = read_claims(request, Policy(frozenset({request.authority})), now=now)
        return verify_claim(claim, find_actor_key(self.actor, claim.key_id)).owner

    def opened(self) -> list[dict[str, int]]:
        """The bets that the parish's log tells."""
        size, found = self.bo.get(f"/api/v1/groups/{self.parish}")["log"]["size"], list[dict[str, Any]]()
        while len(found) < size:
            found += self.bo.get(f"/groups/{self.parish}/log?from={len(found)}")["entries"]
        return [one["value"] for one in found if one["type"] == "Opening" and one["poll"] == self.poll]


@pytest.fixture(scope="module")
def village(
    pods: list[ServedPod], visitor: Callable[[ServedPod], ChromiumVisitor], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Village]:
    ours = f"127.77.{worker_number()}"
    with (
        serving(Peer(f"{ours}.9", f"{pods[0].url}/inbox")) as fan,
        fedify_follower(f"{ours}.60", tmp_path_factory.mktemp("fedify") / "follower") as fia,
    ):
        yield Village(pods, fan, fia, visitor)


def equal_since(browser: ChromiumVisitor) -> str:
    """When the copy was last the same as the account, as its page says."""
    found = re.search(r'<time datetime="([^"]+)">', browser.get(HOME).text)
    return found[1] if found else ""


def test_mg_24_a_second_home_follows_what_its_person_does_and_both_pods_show_how_far(village: Village) -> None:
    traveller, browser = village.traveller, village.traveller.browser
    village.begins()
    chooses_language(village.alpha, "ada", browser.language)
    traveller.settles()
    first = eventually(lambda: equal_since(browser))

    village.bets()
    village.ada.post(f"/api/v1/groups/{village.own}/posts", note("I go on writing."))
    eventually(lambda: all(village.settled(group) for group in (village.own, village.parish, village.choir)))
    eventually(lambda: agreed(village.parish, village.ada, village.bo))
    village.passes(SOON_MS)  # it looks an hour after a change, unasked
    second = eventually(lambda: (now := equal_since(browser)) > first and now, seen=traveller.move)
    village.passes(60_000)
    shown = browser.press(browser.get(HOME), "Bring it up to date now")
    assert browser.says(shown, "It is asking your old server now.")
    eventually(lambda: equal_since(browser) > second, seen=traveller.move)

    given = traveller.at(village.alpha).get("/settings/grants")
    assert browser.says(given, "second home")
    assert browser.says(given, "last read %(time)s")
    copy = traveller.move().copy_id
    assert copy is not None
    village.said = said_in_copy(village.beta, copy)
    assert village.said.totals["records"].count > 1
    assert public_at(village.beta, Traces({village.own: [], village.choir: []}, ["ada"], list(WORDS))) == []


def test_mg_24_and_mg_13_the_words_alone_make_it_the_home_once_the_old_pod_is_dead(village: Village) -> None:
    beta, bo, browser = village.beta, village.bo, village.traveller.browser
    groups = (village.parish, village.choir)
    before, choices = {group: members(bo, group) for group in groups}, village.alpha.act(chosen)
    mine, sung = posts(village.ada, village.own), posts(village.ada, village.choir)
    assert ([len(one) for one in choices], len(mine), len(sung)) == ([1, 1, 1], 2, 1)

    village.alpha.kill()
    village.passes(AWAY_MS)
    traveller = village.traveller
    traveller.at(beta)
    late = browser.awaits(HOME, LATE, days=AWAY_MS // DAY)
    words = browser.follow(late, "/recover")
    own = f"{village.own} {village.alpha.url}"
    home = browser.submit(words, "/recover", phrase=village.ada.account["phrase"], name="ada", groups=own)
    assert browser.says(home, "This pod is your home now"), home.text

    again = village.ada = anew(village.ada, beta)
    there = dict.fromkeys(groups, ("member", 2)) | {village.own: ("member", 1)}
    eventually(lambda: standings(again) == there, seen=lambda: standings(again))
    told = eventually(lambda: beta.act(given_back))
    assert (told.records.lost, told.failed) == (0, 0)
    assert posts(again, village.own) == mine, "nobody but the copy had them all"
    eventually(lambda: sung == posts(again, village.choir))
    assert beta.act(chosen) == choices
    eventually(lambda: all(agreed(group, again, bo) for group in groups))
    assert {group: members(bo, group) for group in groups} == before
    assert village.said is not None
    check_all_came(beta, "ada", village.said, alone=True)


def test_mg_13_the_dead_actor_says_once_that_it_moved_and_what_was_sealed_is_opened(village: Village) -> None:
    ada, cy, fan, old, new = village.ada, village.cy, village.fan, village.alpha.url, village.beta.url

    def moves() -> list[dict[str, Any]]:
        return [one for one in fan.taken if one["type"] == "Move"]

    eventually(moves)
    # Fedify asks the dead pod for the actor before it believes a signature, though it has the key.
    eventually(lambda: 401 in village.fia.refused(), seen=village.fia.received)
    assert village.fia.following() == [f"{old}/u/ada"]
    assert [(one["actor"], one["object"], one["target"]) for one in moves()] == [
        (f"{old}/u/ada", f"{old}/u/ada", f"{new}/u/ada")
    ]
    assert village.signer_of("Move") == f"{old}/u/ada", "by the key that its followers know"
    assert f"{old}/u/ada" in call("GET", f"{new}/u/ada")["alsoKnownAs"]
    eventually(lambda: cy.get(f"/api/v1/groups/{village.own}")["steward"] == new)
    later = ada.post(f"/api/v1/groups/{village.own}/posts", note("I live at beta now."))["record"]
    eventually(lambda: village.reads(cy, village.own, later))

    village.passes(2 * DAY)
    village.reached("voting", ada, village.bo)
    eventually(lambda: village.opened() == [{village.statement: BET}], seen=village.opened)

    village.alpha.start()  # it was dead for five days, and comes back
    check_refused(village.alpha, {village.choir: village.gamma})
    assert len(moves()) == 1, json.dumps(moves())
