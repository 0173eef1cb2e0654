"""What a poll with 50,000 ballots costs: counted from the database, as a file, on its page; and a file verified.

The plain reference reads the same rows and adds their scores, without a roll, delegations or rules of ballots.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

import msgspec
import numpy as np

from decisions.bundle.verify import read_bundle
from models.decisions.polls import load_poll
from models.engine import columns
from models.groups.groups_and_items import load_group
from models.people.accounts import Account, load_account_named
from pod.actions.accounts.sessions import open_session
from pod.actions.chain.views import load_view
from pod.actions.decisions.kept_files import KeptFiles
from pod.actions.decisions.poll_course import follow_poll, load_basis, load_count
from pod.actions.reading.decisions.files import find_result_file
from pod.config import load_config
from pod.deps import Deps
from pod.jobs.loops import tend
from pod.parts import open_parts
from protocol.ids import RecordId
from protocol.keys import PrivateKey, verify
from protocol.proofs import sign
from protocol.records.envelope import Record, reopen_record
from tests.bench.place import a_pod, cpu_seconds, has_wrk, on_core, rate
from tests.decisions.bundle import decided
from tests.support.community import START
from tests.support.rig import PORT, ServedPod
from tests.support.voted import HOUR_MS, OPTIONS, ask, vote

MEMBERS: Final = 50_000
FEW: Final = 100  # ballots of the poll beside it
SIGNED: Final = 100_000
AUTHORS: Final = 60  # an item takes no more joins
ROUNDS: Final = 3
MOST_SECONDS_OF_CALLS: Final = 180
IDLE: Final = 0.05  # seconds of the processor in a second

Figure = tuple[str, float, str]
PollIds = tuple[RecordId, RecordId]


def measure() -> list[Figure]:
    """The poll's figures, each beside its aim and a reference."""
    with a_pod("polls", clock=True) as pod:
        pod.set_clock(0)
        pod.sign_up("ada")
        many, few, secret = asyncio.run(_polls(pod))
        figures = asyncio.run(_counted(pod, *many))
        figures += _plain(pod.folder / "pod.sqlite", many[1])
        if has_wrk():
            figures += _pages(pod, many, few, secret)
    return [*figures, *_verified()]


async def _polls(pod: ServedPod) -> tuple[PollIds, PollIds, str]:
    async with open_parts(load_config(pod.folder / "pod.toml")) as deps:
        ada = await _ada(deps)
        many, few = [await ask(deps, ada, MEMBERS) for _ in range(2)]
        await vote(deps, *many, range(2, MEMBERS + 1))
        await vote(deps, *few, range(2, FEW + 1))
        secret = await open_session(deps, ada, "a bench")
        pod.set_clock(2 * HOUR_MS)
        for group, _ in (many, few):
            for _ in range(2):
                await tend(deps, group)
        return many, few, secret


async def _ada(deps: Deps) -> Account:
    async with deps.store.database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    return ada


async def _counted(pod: ServedPod, group: RecordId, poll: RecordId) -> list[Figure]:
    counts, views, made, kept = [], [], [], []
    for _ in range(ROUNDS):
        columns._IDS.clear()
        columns._BYTES.clear()
        async with open_parts(load_config(pod.folder / "pod.toml")) as deps:
            views.append(await _timed(_view, deps, group))
            counts.append(await _timed(_count, deps, group, poll))
            KeptFiles(deps.config.data).forget(group)
            made.append(await _timed(find_result_file, deps, None, group, poll))
            kept.append(await _timed(find_result_file, deps, None, group, poll))
    name = f"{MEMBERS} ballots of {len(OPTIONS)} scores"
    return [
        (f"{name}, counted from the database (aim 700)", min(counts), "ms"),
        ("the group's state, read by a process that starts", min(views), "ms"),
        ("the result's file, made", min(made), "ms"),
        ("the result's file, asked for again", min(kept), "ms"),
    ]


async def _timed(what: Any, *args: Any) -> float:
    begun = time.process_time()
    await what(*args)
    return 1000 * (time.process_time() - begun)


async def _view(deps: Deps, group: RecordId) -> None:
    async with deps.store.database.read() as session:
        await load_view(session, deps, group)


async def _count(deps: Deps, group: RecordId, poll: RecordId) -> None:
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, group)).state
        stored, held = await load_poll(session, poll), await load_group(session, group)
        assert stored is not None
        assert held is not None
        so_far = await follow_poll(session, state, stored, held=held.log_size)
        assert so_far.opening is not None
        assert so_far.facts is not None
        assert so_far.course is not None
        basis = await load_basis(session, state, so_far.opening, so_far.facts, stored)
        counted = await load_count(session, basis, so_far.course.rounds[0])
        assert counted.result.counted == MEMBERS - 1


def _plain(database: Path, poll: RecordId) -> list[Figure]:
    begun = time.process_time()
    sums: Counter[str] = Counter()
    with sqlite3.connect(database) as connection:
        wanted = "SELECT ballot FROM ballots WHERE poll_id = ?"
        for (ballot,) in connection.execute(wanted, (columns.bytes_of_id(poll),)):
            sums.update(json.loads(ballot)["scores"])
    assert len(sums) == len(OPTIONS)
    return [("the same rows read and added, plain reference", 1000 * (time.process_time() - begun), "ms")]


def _pages(pod: ServedPod, many: PollIds, few: PollIds, secret: str) -> list[Figure]:
    with on_core(0):
        pod.start()
    assert pod.process is not None
    member = ("Accept: text/html", f"Cookie: session-{PORT}={secret}")
    figures = []
    for ballots, (group, poll) in ((MEMBERS, many), (FEW, few)):
        page = f"{pod.url}/g/{group}/polls/{poll}"
        asked = Request(page, headers=dict(one.split(": ") for one in member))
        urlopen(asked).read()  # the first one reads the group's state and the templates
        _rest(pod.process.pid)
        figures += rate(f"page of a poll with {ballots} ballots (aim 100)", page, pod.process.pid, *member)
    return figures


def _rest(process: int) -> None:
    """Wait until the pod has done what it found at its start: it calls 50,000 people to the polls."""
    for _ in range(MOST_SECONDS_OF_CALLS):
        used = cpu_seconds(process)
        time.sleep(1)
        if cpu_seconds(process) - used < IDLE:
            return
    raise AssertionError("The pod never came to rest.")


class _Signed(decided.Deciding):
    """A poll in which members change their minds until so many ballots are signed."""

    def __init__(self) -> None:
        super().__init__(AUTHORS)
        options = [{"title": f"Proposal {one}"} for one in OPTIONS]
        self.poll = self._say(
            1, "Poll", kind="score", title="Which first?", options=options, lengths={"voting": HOUR_MS}
        )
        self._open(START + 1000)
        rows = np.random.default_rng(1).integers(0, 101, (SIGNED, len(OPTIONS))).tolist()
        for place, row in enumerate(rows):
            scores = dict(zip(OPTIONS, row, strict=True))
            self._say(place % AUTHORS + 1, "Ballot", poll=self.poll.id, scores=scores)
        for later in (HOUR_MS // 2, HOUR_MS, 100 * HOUR_MS):
            self._seal(START + 1000 + later)
        self.town.confirmed(self.person(1))

    def _say(self, number: int, type_name: str, **members: Any) -> Record:
        """As in any group, but what was signed here isn't verified here."""
        who = self.person(number)
        self._counters[number] += 1
        header = {"author": number, "key": who.key, "counter": self._counters[number], "at": START}
        body = {"type": type_name, "rules": 1, "group": self.group, **header, **members}
        record = reopen_record(msgspec.json.encode(sign(body, who.signing())))
        self.log.append(record)
        return record


def _verified() -> list[Figure]:
    key, said = PrivateKey.from_seed(bytes(32)), bytes(64)
    proof = key.sign(said)
    with a_pod("file") as place:
        file = place.folder / "result.json"
        file.write_bytes(msgspec.json.encode(_Signed().bundle()))
        assert len(read_bundle(file.read_bytes()).records) == SIGNED + 1
        begun, used = time.monotonic(), sum(os.times()[2:4])
        command = [sys.executable, "-m", "pod", "verify-result", str(file), "--jobs", "2"]
        subprocess.run(command, check=True, capture_output=True)
        took, used = time.monotonic() - begun, sum(os.times()[2:4]) - used
    begun = time.process_time()
    for _ in range(SIGNED // 10):
        assert verify(key.did, said, proof)
    bare = 10 * (time.process_time() - begun)
    return [
        (f"a file of {SIGNED} signed ballots, two processes (aim 6)", took, "s"),
        ("the same, CPU time of all its processes (aim 12)", used, "s"),
        ("as many signatures, a bare loop", bare, "s"),
    ]
