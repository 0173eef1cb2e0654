"""2,000 groups in which nobody writes, 500 of them on two pods: what that costs the pod that holds them all."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

from models.people.accounts import load_account
from pod.actions.groups.founding import sign_up, start_group
from pod.actions.signer import TokenHolder
from pod.deps import Deps
from tests.bench.place import a_pod, cpu_seconds
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually

GROUPS = 2000
SHARED = 500
TOGETHER = 50
TRIES = 5
SECONDS = 60
SETTLED_WITHIN_SECONDS = 600.0


def measure() -> list[tuple[str, float, str]]:
    """CPU, requests and commits a minute of two pods that nobody uses, and how fast the first one answers."""
    with ExitStack() as stack:
        pods = [stack.enter_context(a_pod(f"idle-{number}", number)) for number in (1, 2)]
        people = [pods[1].sign_up(f"bo-{number}") for number in range(SHARED // TOGETHER)]
        groups = pods[0].act(found_all)
        for pod in pods:
            pod.start()
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(partial(join, people, pods[0]), range(SHARED), groups))
        eventually(lambda: all(map(is_quiet, pods)), seconds=SETTLED_WITHIN_SECONDS)
        return list(watched(pods))


async def found_all(deps: Deps) -> list[str]:
    """The groups; an account has recovery keys for 64, its own included."""
    made: list[str] = []
    for start in range(0, GROUPS, TOGETHER):
        opened = await sign_up(deps, f"ada-{start}")
        async with deps.store.database.read() as session:
            ada = await load_account(session, opened.account)
        assert ada is not None
        wishes = [{"name": f"Group {start + more}", "others_weight": 1} for more in range(TOGETHER)]
        made += await asyncio.gather(*(start_group(deps, TokenHolder(ada), wish) for wish in wishes))
    return made


def join(people: list[Person], at: ServedPod, number: int, group: str) -> None:
    """Somebody of the other pod joins a group; pods that are busy with all the others' joins are asked again."""
    for _ in range(TRIES):
        with suppress(RefusedByHttpError, OSError):
            people[number % len(people)].post("/api/v1/joins", {"group": group, "pod": at.url})
            return


def is_quiet(pod: ServedPod) -> bool:
    """Whether nothing is to be looked after, or sent."""
    with closing(sqlite3.connect(pod.folder / "pod.sqlite")) as database:
        (due,) = database.execute("SELECT count(*) FROM rounds WHERE due_at IS NOT NULL").fetchone()
        (waiting,) = database.execute("SELECT count(*) FROM deliveries").fetchone()
    return not due and not waiting


def watched(pods: list[ServedPod]) -> Iterator[tuple[str, float, str]]:
    """What happens in a minute in which nobody does anything; then, how fast the first pod says that it lives."""
    before = [(cpu_seconds(pod.process_id() or 0), wake_ups(pod), requests(pod)) for pod in pods]
    commits = dict.fromkeys(range(len(pods)), 0)
    with ExitStack() as stack:
        files = [stack.enter_context(closing(sqlite3.connect(pod.folder / "pod.sqlite"))) for pod in pods]
        versions = [version(file) for file in files]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for place, file in enumerate(files):
                now = version(file)
                commits[place] += now != versions[place]
                versions[place] = now
            time.sleep(0.1)
    for place, (pod, (cpu, woken, asked)) in enumerate(zip(pods, before, strict=True)):
        name = f"pod {place + 1} ({(GROUPS, SHARED)[place]} groups)"
        yield f"{name}: of a core (aim 1)", 100 * (cpu_seconds(pod.process_id() or 0) - cpu) / SECONDS, "%"
        yield f"{name}: wake-ups", (wake_ups(pod) - woken) / SECONDS, "1/s"
        yield f"{name}: requests of the other (aim 0.1)", 60 * (requests(pod) - asked) / SECONDS, "1/min"
        yield f"{name}: commits", 60 * commits[place] / SECONDS, "1/min"
    yield "healthz, 95 of 100 within", statistics.quantiles(answers(pods[0]), n=20)[-1], "ms"


def answers(pod: ServedPod) -> list[float]:
    """How many milliseconds each of a hundred answers took, asked for now and then."""
    took: list[float] = []
    for _ in range(100):
        began = time.perf_counter()
        call("GET", f"{pod.door}/healthz")
        took.append(1000 * (time.perf_counter() - began))
        time.sleep(0.05)
    return took


def wake_ups(pod: ServedPod) -> int:
    """How often the pod's threads had waited for something, and went on."""
    threads = Path(f"/proc/{pod.process_id()}/task").iterdir()
    lines = [line for thread in threads for line in (thread / "status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def version(database: sqlite3.Connection) -> int:
    """A number that changes with each commit."""
    return int(database.execute("PRAGMA data_version").fetchone()[0])


def requests(pod: ServedPod) -> int:
    """How many requests the pod has answered."""
    return sum(" request " in line for line in pod.folder.with_suffix(".log").read_text().splitlines())
