"""A whole move, by pages and job, while the old and the new pod are killed in turn: in the end all is as if none was.

The points of the kills are commits of either pod, and what waits for a time has the clock moved to it, so a slow
machine meets the same moments. They are drawn by a seed, which is printed; POD_SEED gives another. A drawn kill that
finds the move over is done all the same. What the switch itself changes in a second export stands in `check_export`.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit
from zipfile import ZipFile

import msgspec
import pytest
from sqlalchemy import select

from models.moving.moves import BEGUN, MOVES, SETTLED, STOPPED, VERIFIED, Move
from pod.actions.chain.views import load_view
from pod.actions.moving.traveller_wishes import JobWish, start_copy
from pod.archive.contents import CLASS_FILES
from pod.deps import Deps
from protocol.copies import CLASSES
from protocol.ids import RecordId
from tests.journeys.test_kills import commit_of, logged
from tests.support.browsing import Browser, Seen
from tests.support.people import agreed, joined, waits
from tests.support.polling_parish import CAN_ALL, HOUR
from tests.support.rig import Person, ServedPod, eventually
from tests.support.travellers import kept_lines
from tests.support.whole_life import Past, Polls, decide, write_past

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PODS = 3
KILLS: Final = 10
SEED: Final = 7
MOST_COMMITS: Final = 40  # between a start and the next kill
AWHILE: Final = 240
PAUSE_SECONDS: Final = 2.0
LOST: Final = (OSError, HTTPException, StopIteration)  # what a browser sees of a killed pod: nothing, or no form


class Village:
    """ada, at home at alpha, moves to beta; bo and cy live at gamma. The clocks of all pods move on together."""

    def __init__(self, pods: list[ServedPod]) -> None:
        self.pods = pods
        self.alpha, self.beta, self.gamma = pods
        self.offset = 0
        self.seen: Move | None = None
        self.seen_at = 0.0
        self.pass_time(0)
        for pod in pods[1:]:
            pod.clock_file.symlink_to(pods[0].clock_file)
        self.ada, self.bo, self.cy = self.alpha.sign_up("ada"), self.gamma.sign_up("bo"), self.gamma.sign_up("cy")
        for pod in pods:
            pod.start()
        self.own = self.ada.account["personal_group"]
        self.parish = self._found(self.bo, "Parish", permissions=CAN_ALL)
        self.choir = self._found(self.bo, "Choir", visibility="private")
        self.council = self._found(self.ada, "Council", visibility="private")
        self.mill = self._found(self.ada, "Mill")
        self.groups = (self.parish, self.choir, self.council, self.mill)
        for host, guest, group in self._joins():
            joined(host, group, guest, 1000)
        self.polls: Polls
        self.posts: list[tuple[RecordId, RecordId]]

    def _found(self, person: Person, name: str, **more: Any) -> str:
        return str(person.post("/api/v1/groups", {"name": name, "weight": 3000, **more})["group"])

    def _joins(self) -> list[tuple[Person, Person, str]]:
        ada, bo, cy = self.ada, self.bo, self.cy
        ends = (bo, ada, self.parish), (bo, cy, self.parish), (bo, ada, self.choir)
        return [*ends, (ada, bo, self.council), (ada, bo, self.mill)]

    def lives(self) -> None:
        """Years pass."""
        groups = [RecordId(group) for group in (self.parish, self.choir, self.council, self.mill, self.own)]
        follows = [(RecordId(self.bo.account["personal_group"]), self.gamma.url)]
        past = Past(groups, 2, posts=15, votes=10, edited=3, follows=follows)
        self.posts = self.alpha.act(lambda deps: write_past(deps, "ada", past))
        self.polls = decide(self.parish, asker=self.bo, ada=self.ada, judge=self.cy, pass_time=self.pass_time)
        # What ada said last may still wait while both pods agree on what was before.
        eventually(lambda: not waits(self.ada, self.parish) and not waits(self.bo, self.parish), seconds=AWHILE)
        for group in self.groups:
            eventually(partial(agreed, group, self.ada, self.bo), seconds=AWHILE)

    def pass_time(self, by: int) -> None:
        self.offset += by
        self.pods[0].set_clock(self.offset)

    def move(self) -> Move | None:
        """The move at the new pod that was begun last."""

        async def look(deps: Deps) -> Move | None:
            columns = [MOVES.c[name] for name in Move.__struct_fields__]
            async with deps.store.database.read() as session:
                found = (await session.execute(select(*columns).order_by(MOVES.c.begun_at.desc()).limit(1))).first()
            return Move(*found) if found else None

        return self.beta.act(look)

    def hurry(self, move: Move) -> None:
        """Have it be the time for which the job waits, once nothing changed for a while: a step may be under way.

        To a step a clock that moves on is time that it took, and a step that takes too long is broken off.
        """
        if move != self.seen:
            self.seen, self.seen_at = move, time.monotonic()
        if time.monotonic() < self.seen_at + PAUSE_SECONDS:
            return
        now = int(time.time() * 1000) + self.offset
        if move.due_at is not None and now + 1_000 < move.due_at < now + HOUR:
            self.pass_time(move.due_at - now)

    def exported(self, pod: ServedPod, name: str, file: Path) -> dict[str, list[bytes]]:
        """The lines of each class, as a file of the account has them."""
        pod.run("user", "export", name, "--private", "--out", str(file))
        with ZipFile(file) as archive:
            return {name: archive.read(path).splitlines() for path, name in CLASS_FILES.items()}

    def told(self) -> dict[str, Any]:
        """What bo, at a third pod, sees of the groups: numbers, weights, logs, scores of predictors, votes."""
        seen: dict[str, Any] = {}
        for group in self.groups:
            members = self.bo.get(f"/api/v1/groups/{group}")["members"]
            seen[group] = [(one["number"], one["weight"]) for one in members], logged(self.bo, group)
        for what in ("predictors", "delegates"):
            seen[what] = self.bo.get(f"/api/v1/groups/{self.parish}/{what}")
        for group, post in self.posts:
            if group in self.groups:
                target = json.dumps({"post": post}, separators=(",", ":"))
                seen[post] = self.bo.get(f"/api/v1/groups/{group}/votes?target={target.replace(chr(34), '%22')}")
        return seen


class Reaper:
    """Kills the old and the new pod in turn after so many commits of either, and starts each again."""

    def __init__(self, village: Village, random: Random) -> None:
        self.pods, self._village, self._random = (village.alpha, village.beta), village, random
        self.struck: list[str] = []
        self.failed: list[BaseException] = []
        self._over = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
        assert self.failed == []

    def _work(self) -> None:
        first = self._random.randrange(2)
        try:
            for number in range(KILLS):
                points = self._random.randint(1, MOST_COMMITS)
                self._pass(points)
                victim = self.pods[(first + number) % 2]
                victim.kill()
                move = self._village.move()
                stage = move.stage if move is not None else "before"
                self.struck.append(f"{'old' if victim is self.pods[0] else 'new'} {stage} +{points}")
                victim.start()
        except BaseException as error:  # noqa: BLE001  (told by the test's own thread)
            self.failed.append(error)

    def _pass(self, commits: int) -> None:
        """Return after so many commits of both pods together, or once the move is over."""
        seen = list(map(commit_of, self.pods))
        while commits > 0 and not self._over.is_set():
            time.sleep(0.001)
            now = list(map(commit_of, self.pods))
            commits -= sum(one != other for one, other in zip(seen, now, strict=True))
            seen = now


class Traveller:
    """Ada at her browser: she looks how far her move is, does what is hers to do, and tries again what failed."""

    def __init__(self, village: Village) -> None:
        self.village = village
        self.browser = Browser(village.alpha)

    def go(self) -> None:
        """Move, until each group is settled and nothing more is to be done."""
        eventually(self._is_over, seconds=AWHILE, seen=self.village.move)

    def _is_over(self) -> bool:
        move = self.village.move()
        try:
            if move is None or move.granted_at is None:
                self._begin()
            elif move.stage == BEGUN and move.plan is not None:
                self.village.beta.act(lambda deps: start_copy(deps, move, JobWish("ada-b")))
            elif move.stage == VERIFIED:
                self._switch()
            elif move.stage == STOPPED:
                pytest.fail(f"the job needs its person: {move}")
            else:
                self.village.hurry(move)
        except LOST:
            return False
        return move is not None and move.stage == SETTLED

    def _begin(self) -> None:
        alpha, beta = self.village.alpha, self.village.beta
        self._at(beta)
        move = self.village.move()
        if move is None or move.tier != "full":  # one that was looked up while its pod was dead goes nowhere
            self.browser.submit(self.browser.get("/move"), "/move", account=f"{alpha.url}/@ada")
        page = led_to(self.browser.submit(self.browser.get("/move/journey"), "/move/ask"))
        host = beta.url.partition("://")[2]
        self._proven().submit(self.browser.get(page), page, host=host, private="true")

    def _switch(self) -> None:
        page = led_to(self._at(self.village.beta).submit(self.browser.get("/move/switching"), "/move/switching"))
        self._proven().submit(self.browser.get(page), page, handle="ada")

    def _proven(self) -> Browser:
        """At the old pod, having signed in just now: a clock that moved on made the last proof too old."""
        return self._at(self.village.alpha).sign_in("ada")

    def _at(self, pod: ServedPod) -> Browser:
        self.browser.pod = pod
        return self.browser


def led_to(page: Seen) -> str:
    """The path of the page at the old pod to which a link leads; ConnectionError where the page couldn't be made."""
    found = re.search(r'href="(http[^"]+/move/(?:consent|switch)/[^"]+)"', page.text)
    if not found:
        raise ConnectionError(page.text)
    return urlsplit(found[1]).path


def test_mg_05_ten_kills_of_either_pod_in_a_whole_move_change_nothing_in_the_end(
    pods: list[ServedPod], tmp_path: Path
) -> None:
    seed = int(os.environ.get("POD_SEED", SEED))
    print(f"POD_SEED={seed}")
    village = Village(pods)
    village.lives()
    before, made = village.told(), village.exported(village.alpha, "ada", tmp_path / "before.zip")
    reaper, traveller = Reaper(village, Random(seed)), Traveller(village)
    with reaper.at_work():
        traveller.go()
    print(f"seed {seed}: killed {', '.join(reaper.struck)}")
    for group in village.groups:
        eventually(partial(home_is, village, group, village.beta), seconds=AWHILE)
    assert village.told() == before
    assert {village.beta.act(partial(keys_of, group=group)) for group in (*village.groups, village.own)} == {2}
    check_copy(village, made)
    check_export(village, made, village.exported(village.beta, "ada-b", tmp_path / "after.zip"))
    check_opened_once(village)
    village.beta.kill()
    village.beta.run("rebuild", "--check")


def home_is(village: Village, group: str, pod: ServedPod) -> bool:
    """Whether bo's pod has it settled that ada is at home there."""

    async def look(deps: Deps) -> str:
        async with deps.store.database.read() as session:
            state = (await load_view(session, deps, RecordId(group))).settled
        return state.members[1 if group in (village.council, village.mill) else 2].home.pod

    return village.gamma.act(look) == pod.url


async def keys_of(deps: Deps, group: str) -> int:
    """How many signing keys ada has had in a group: one at each home."""
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, RecordId(group))).state
    person = next(member for member in state.members.values() if member.home.pod == deps.identity.base_url)
    return len(person.keys)


def check_copy(village: Village, made: dict[str, list[bytes]]) -> None:
    """The last manifest, which the old pod signed of the frozen account, is that of the lines that it exported."""
    move = village.move()
    assert move is not None

    async def look(deps: Deps) -> dict[str, list[bytes]]:
        assert move.copy_id is not None
        return {name: [line.text for line in await kept_lines(deps, move.copy_id, name)] for name in CLASSES}

    assert village.beta.act(look) == made


def check_export(village: Village, made: dict[str, list[bytes]], after: dict[str, list[bytes]]) -> None:
    """All lines are the same bytes, but for those in which the switch itself is told; nothing is there twice."""
    for name in ("records", "choices", "media"):
        assert after[name] == made[name], name
    settled = len(made["personal"])
    assert after["personal"][:settled] == made["personal"]
    added = Counter(msgspec.json.decode(line)["record"]["type"] for line in after["personal"][settled:])
    assert added.pop("Handover") == 1
    assert added.keys() <= {"Ack", "Seal"}
    assert of_kind(after["follows"], "following") == of_kind(made["follows"], "following")
    for old, new in zip(made["memberships"], after["memberships"], strict=True):
        one, other = msgspec.json.decode(old), msgspec.json.decode(new)
        pods = [village.beta.url if pod == village.alpha.url else pod for pod in one["pods"]]
        assert sorted(other.pop("pods")) == sorted(pods)
        assert other.pop("signing") != one["signing"]
        one["key_index"] += 1
        assert other == {name: value for name, value in one.items() if name not in ("pods", "signing")}
    (actor,) = map(msgspec.json.decode, after["actor"])
    assert actor["former"] == [f"{village.alpha.url}/u/ada"]


def of_kind(lines: list[bytes], kind: str) -> list[bytes]:
    return [line for line in lines if msgspec.json.decode(line)["kind"] == kind]


def check_opened_once(village: Village) -> None:
    """The new pod opens, by the key that it has, what ada bet at the old one; nobody else does."""
    village.pass_time(49 * HOUR)

    def opened() -> list[tuple[int, int]]:
        entries: list[dict[str, Any]] = []
        while page := village.bo.get(f"/groups/{village.parish}/log?from={len(entries)}")["entries"]:
            entries += page
        return sorted(
            (one["author"], one["key"])
            for one in entries
            if one["type"] == "Opening" and one["poll"] == village.polls.bets
        )

    eventually(lambda: len(opened()) == 2, seconds=AWHILE, seen=opened)
    assert opened() == [(1, 0), (2, 1)]
