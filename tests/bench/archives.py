"""How long the file of an account takes that wrote 10,000 posts, there and back, and whether memory grows with them.

Half of the posts stand in the person's own group, half in one that another pod holds, too. `pod user import` takes the
file at that pod, and then the words are typed there: the own group comes back out of the file, record by record.

An account with a tenth of the posts stands beside it, and what this machine takes at least in the same minutes: for the
file packing its bytes, for what comes back one Ed25519 verification for each record.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account, load_account_named, save_membership
from pod.actions.chain.door import Arrival, append_all
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.groups.founding import start_group
from pod.actions.moving.returned_copies import ReturnedCopy, outcome_of
from pod.actions.signer import TokenHolder, load_signing_membership, load_staying, signing_key
from pod.actions.sync.pull import fetch_group
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.limits import MAX_VOTE
from protocol.proofs import sign
from protocol.records.content import UNSIGNED, Content, Header, Paragraph, Post, PostTarget, Vote
from protocol.records.drafts import by_signing_key, draft
from protocol.records.envelope import Record, open_record
from tests.bench.place import a_pod, cpu_seconds
from tests.support.folders import ROOT
from tests.support.importing import verification_limit
from tests.support.rig import ServedPod, call, eventually

MANY, FEW = 10_000, 1_000
AT_ONCE: Final = 500
RECORDS: Final = 2  # each post comes with its author's vote
WORDS: Final = "The well gave a bucket a day since August, and nobody knows why it is less now. " * 3
PATIENCE: Final = 600
STARTER: Final = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""

Figure = tuple[str, float, str]


class _Took(msgspec.Struct, frozen=True):
    """What a command took: seconds by the clock and of the processor, and the most memory (MiB)."""

    seconds: float
    processor: float
    mib: float

    def figures(self) -> Iterator[Figure]:
        yield "    of the processor", self.processor, "s"
        yield "    memory of the command (aim 150)", self.mib, "MiB"


def measure() -> Iterator[Figure]:
    """Seconds and MiB of writing, checking and taking a file, and of what the words bring out of it."""
    for count in (FEW, MANY):
        with a_pod("archives") as home, a_pod("archives-new", 2) as new:
            ada = home.sign_up("ada").account
            place = {"group": ada["personal_group"], "pod": home.url}
            well = home.act(partial(_write, count=count))
            with _serving(home):
                new.act(partial(fetch_group, pod=home.url, group=well))
            file = home.folder.with_name("ada.zip")
            yield from _there(home, file, count)
            yield from _back(new, file, count, ada["phrase"], place)


def _there(home: ServedPod, file: Path, count: int) -> Iterator[Figure]:
    took = _command("user", "export", "ada", "--data", str(home.folder), "--out", str(file))
    yield f"file of {count} posts written (aim 60 for 10,000)", took.seconds, "s"
    yield from took.figures()
    yield "  packing its bytes alone (the limit)", _packing(file), "s"
    took = _command("verify-archive", str(file))
    yield "  checked", took.seconds, "s"
    yield from took.figures()


def _back(new: ServedPod, file: Path, count: int, phrase: str, place: dict[str, str]) -> Iterator[Figure]:
    taken = _command("user", "import", str(file), "--data", str(new.folder))
    yield "  taken by another pod", taken.seconds, "s"
    yield from taken.figures()
    with _serving(new) as process:
        before, used, started = _peak_mib(process), cpu_seconds(process), time.perf_counter()
        asked = {"name": "ada", "phrase": phrase, "groups": [place]}
        call("POST", f"{new.url}/api/v1/recoveries", asked, seconds=PATIENCE)
        typed = time.perf_counter() - started
        told: ReturnedCopy = eventually(lambda: new.act(_given), seconds=PATIENCE)
        whole, used = time.perf_counter() - started, cpu_seconds(process) - used
        assert told.records.lost == told.failed == 0, told
        yield "  words typed, until they are answered", typed, "s"
        yield "  and until the account has all of it", whole, "s"
        yield "    of the processor", used, "s"
        yield "  taken and brought back (aim 120 for 10,000)", taken.seconds + whole, "s"
        yield "  one signature each (the limit)", RECORDS * count / verification_limit(), "s"
        yield "  memory of the pod when it began to serve", before, "MiB"
        yield "  memory of the pod (aim 150)", _peak_mib(process), "MiB"


async def _write(deps: Deps, *, count: int) -> RecordId:
    """Posts, each with its author's vote, sealed as they come; the group that isn't the person's own."""
    ada = await _ada(deps)
    assert ada is not None
    assert ada.personal_group is not None
    well = await start_group(deps, TokenHolder(ada), {"name": "Well", "weight": 1000})
    for group in (ada.personal_group, well):
        for start in range(0, count // 2, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, count // 2))
            await deps.store.write(partial(_write_some, deps=deps, ada=ada, group=group, numbers=numbers))
    return well


async def _write_some(session: AsyncSession, deps: Deps, ada: Account, group: RecordId, numbers: range) -> None:
    now, (membership, member) = deps.clock(), await load_signing_membership(session, deps, ada, group)
    key = signing_key(deps, await load_staying(session, deps, ada, "Post"), membership)
    counters = itertools.count(membership.counter + 1)
    arrivals: list[Arrival] = []

    def say(content: Content) -> Record:
        header: Header = {"author": member, "key": membership.key_index, "counter": next(counters), "at": now}
        record = open_record(sign(by_signing_key(draft(content), group, header), key))
        arrivals.append(Arrival(record, "", now))
        return record

    for number in numbers:
        post = say(Post(kind="note", paragraphs=(Paragraph("text", f"{number}. {WORDS}"),), **UNSIGNED))
        say(Vote(target=PostTarget(post.id), value=MAX_VOTE, **UNSIGNED))
    refused = [outcome for outcome in await append_all(session, deps, arrivals) if isinstance(outcome, RefusedError)]
    assert not refused, refused[0]
    await save_membership(session, msgspec.structs.replace(membership, counter=next(counters)))
    await seal(session, deps, group, now=now)
    await confirm_head(session, deps, group, now=now)


async def _given(deps: Deps) -> ReturnedCopy | None:
    """What the copy gave to the account, once it has."""
    ada = await _ada(deps)
    return await outcome_of(deps, ada) if ada is not None else None


async def _ada(deps: Deps) -> Account | None:
    async with deps.store.database.read() as session:
        return await load_account_named(session, "ada")


@contextmanager
def _serving(pod: ServedPod) -> Iterator[int]:
    pod.start()
    process = pod.process_id()
    assert process is not None
    try:
        yield process
    finally:
        pod.stop()


def _peak_mib(process: int) -> float:
    """The most memory that a process ever had."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _command(*words: str) -> _Took:
    """Run a command of the pod to its end, from a small process: one begins with the peak of who started it."""
    started = time.perf_counter()
    command = [sys.executable, "-c", STARTER, sys.executable, "-m", "pod", *words]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout
    processor, kib = map(float, told.split())
    return _Took(time.perf_counter() - started, processor, kib / 1024)


def _packing(file: Path) -> float:
    with zipfile.ZipFile(file) as packed:
        whole = [packed.read(name) for name in packed.namelist()]
    started = time.perf_counter()
    for one in whole:
        zlib.compress(one, 6)
    return time.perf_counter() - started
