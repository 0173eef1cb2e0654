"""How long a whole account takes to move live: 1,000 posts with edits, 300 votes, twelve groups on four pods.

The four pods, and who presses the pages' buttons, share two cores. Beside it stands what the new pod must do at least:
check a signature for each record.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select

from models.moving.moves import MOVES, Move
from models.people.accounts import load_account_named
from pod.actions.moving.copy_classes import class_total
from pod.actions.moving.traveller_wishes import JobWish, start_copy
from pod.deps import Deps
from protocol.copies import RECORDS, ClassTotal
from protocol.ids import RecordId
from tests.bench.place import cpu_seconds, pss_mib
from tests.support.browsing import Browser, Seen
from tests.support.importing import verification_limit
from tests.support.moved import check_all_came, said_in_copy
from tests.support.people import agreed, joined, waits
from tests.support.polling_parish import CAN_ALL
from tests.support.rig import Person, ServedPod, eventually, worker_number
from tests.support.whole_life import Past, decide, write_past

POSTS, VOTES, GROUPS, PODS = 1_000, 300, 12, 4
EDITED: Final = 10  # one post of so many
PATIENCE: Final = 180
STEP_MS: Final = 121_000


def measure() -> list[tuple[str, float, str]]:
    """Seconds of the copy and of the switch, by the clock."""
    with _pods() as pods:
        alpha, beta = pods[:2]
        people = [pod.sign_up("ada" if pod is alpha else "host") for pod in pods]
        for pod in pods:
            pod.start()
        _live(pods, people)
        before = alpha.act(lambda deps: _records(deps, "ada"))
        browser = Browser(alpha).sign_in("ada")
        copied, of_copy = _timed(pods, lambda: _copy(browser, alpha, beta))
        _pass_time(pods, STEP_MS)  # a keeper signs at most one handover a minute
        switched, of_switch = _timed(pods, lambda: _switch(browser, alpha, beta))
        after = beta.act(lambda deps: _records(deps, "ada"))
        assert after == before, (before, after)
        move = _move(beta)
        assert move.copy_id is not None
        check_all_came(beta, "ada", said_in_copy(beta, move.copy_id))
        assert beta.process is not None
        limit = before.count / verification_limit()
        return [
            (f"records of {POSTS} posts, {VOTES} votes in {GROUPS} groups", float(before.count), ""),
            ("one signature each (the limit)", limit, "s"),
            ("copied and verified", copied, "s"),
            ("switched, each group settled", switched, "s"),
            ("the whole move (aim 60)", copied + switched, "s"),
            *((f"processor, copy: {name}", used, "s") for name, used in of_copy.items()),
            *((f"processor, switch: {name}", used, "s") for name, used in of_switch.items()),
            ("memory of the new pod (aim 150)", pss_mib(beta.process.pid), "MiB"),
        ]


@contextmanager
def _pods() -> Iterator[list[ServedPod]]:
    with tempfile.TemporaryDirectory(prefix="althing-bench-moves-") as folder:
        pods = [ServedPod(Path(folder) / f"pod{number}", worker_number(), number) for number in range(1, PODS + 1)]
        try:
            for pod in pods:
                pod.create()
            yield pods
        finally:
            for pod in pods:
                pod.kill()


def _live(pods: list[ServedPod], people: list[Person]) -> None:
    """What ada did for years: groups of others and of her own, posts, edits, votes, polls, delegations, follows."""
    ada, *others = people
    hosts, groups = [others[number % len(others)] for number in range(GROUPS - 1)], list[str]()
    for number, host in enumerate(hosts):
        wish = {"name": f"Group {number}", "weight": 3000, "permissions": CAN_ALL}
        group = host.post("/api/v1/groups", wish)["group"]
        joined(host, group, ada, 1000)
        groups.append(group)
    joined(hosts[0], groups[0], others[1], 1000)
    follows = [(RecordId(one.account["personal_group"]), one.pod.url) for one in others]
    places = list(map(RecordId, [*groups, ada.account["personal_group"]]))
    past = Past(places, GROUPS - 1, POSTS, VOTES, EDITED, follows=follows)
    ada.pod.act(lambda deps: write_past(deps, "ada", past))
    for group, host in zip(groups, hosts, strict=True):
        eventually(partial(agreed, group, ada, host), seconds=PATIENCE)
    decide(groups[0], asker=hosts[0], ada=ada, judge=others[1], pass_time=partial(_pass_time, pods))
    eventually(lambda: not waits(ada, groups[0]) and not waits(hosts[0], groups[0]), seconds=PATIENCE)
    eventually(partial(agreed, groups[0], ada, hosts[0]), seconds=PATIENCE)


def _pass_time(pods: list[ServedPod], by: int) -> None:
    now = int(pods[0].clock_file.read_text()) if pods[0].clock_file.exists() else 0
    for pod in pods:
        pod.set_clock(now + by)


async def _records(deps: Deps, name: str) -> ClassTotal:
    """Count, bytes and root of what the account here wrote in groups of others."""
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
        assert account is not None
        return await class_total(session, deps, account, RECORDS, private=True)


def _timed(pods: list[ServedPod], step: Callable[[], float]) -> tuple[float, dict[str, float]]:
    """A step's seconds by the clock, and what the old pod, the new one and the others used of the processor."""
    processes = [pod.process.pid for pod in pods if pod.process]
    before = list(map(cpu_seconds, processes))
    taken = step()
    used = [cpu_seconds(process) - was for process, was in zip(processes, before, strict=True)]
    return taken, {"the old pod": used[0], "the new pod": used[1], "the others": sum(used[2:])}


def _copy(browser: Browser, alpha: ServedPod, beta: ServedPod) -> float:
    """Seconds from the grant to a verified copy."""
    browser.pod = beta
    found = browser.submit(browser.get("/move"), "/move", account=f"{alpha.url}/@ada")
    page = _led_to(browser.submit(found, "/move/ask"))
    browser.pod = alpha
    browser.submit(browser.get(page), page, host=beta.url.partition("://")[2], private="true")
    browser.pod = beta
    started = time.perf_counter()
    eventually(lambda: _move(beta).plan is not None, seconds=PATIENCE)
    beta.act(lambda deps: start_copy(deps, _move(beta), JobWish("ada")))
    eventually(lambda: _move(beta).stage == "verified", seconds=PATIENCE, seen=lambda: _move(beta).why)
    return time.perf_counter() - started


def _switch(browser: Browser, alpha: ServedPod, beta: ServedPod) -> float:
    """Seconds from the second consent until each group is settled."""
    page = _led_to(browser.submit(browser.get("/move/switching"), "/move/switching"))
    browser.pod = alpha
    shown = browser.get(page)
    started = time.perf_counter()
    browser.submit(shown, page, handle="ada")
    browser.pod = beta
    eventually(lambda: _move(beta).stage == "settled", seconds=PATIENCE, seen=lambda: _move(beta).why)
    return time.perf_counter() - started


def _move(beta: ServedPod) -> Move:
    async def look(deps: Deps) -> Move:
        async with deps.store.database.read() as session:
            columns = [MOVES.c[name] for name in Move.__struct_fields__]
            return Move(*(await session.execute(select(*columns))).one())

    return beta.act(look)


def _led_to(page: Seen) -> str:
    """The path of the page at the old pod to which a link leads."""
    found = re.search(r'href="(http[^"]+/move/(?:consent|switch)/[^"]+)"', page.text)
    assert found, page.text
    return str(urlsplit(found[1]).path)
