"""2,000 people of two pods join one group, one after the other: what a join costs both pods, as the group grows."""

from __future__ import annotations

import time
from contextlib import ExitStack
from itertools import cycle

from pod.actions.groups.founding import sign_up
from pod.deps import Deps
from tests.bench.idle import is_quiet
from tests.bench.place import a_pod, cpu_seconds
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

MEMBERS = 2000
WINDOW = 100
STEPS = (200, 500, 1000, MEMBERS)
SETTLED_WITHIN_SECONDS = 300.0
AGAIN_AFTER_SECONDS = 0.5


def measure() -> list[tuple[str, float, str]]:
    """Milliseconds of CPU a join, of both pods together, for the last hundred of so many members."""
    with ExitStack() as stack:
        pods = [stack.enter_context(a_pod(f"joins-{number}", number)) for number in (1, 2)]
        ada = pods[0].sign_up("ada")
        crowds = [newcomers(pod, MEMBERS // len(pods)) for pod in pods]
        for pod in pods:
            pod.start()
        group = ada.post("/api/v1/groups", {"name": "Crowd", "others_weight": 1, "weight": 3000})["group"]
        joined, found = 1, list[tuple[str, float, str]]()
        people = (crowds[place].pop() for place in cycle((0, 1)))
        for step in STEPS:
            _join(group, pods, [next(people) for _ in range(step - WINDOW - joined)])
            before = _cpu(pods)
            _join(group, pods, [next(people) for _ in range(WINDOW)])
            joined = step
            milliseconds = 1000 * (_cpu(pods) - before) / WINDOW
            print(f"{joined} members: {milliseconds:.1f} ms of CPU a join", flush=True)
            found.append((f"a join to {joined} members, both pods", milliseconds, "ms of CPU"))
        return found


def newcomers(pod: ServedPod, count: int) -> list[Person]:
    """People with accounts on a pod, made before it serves."""

    async def made(deps: Deps) -> list[dict[str, str]]:
        opened = [await sign_up(deps, f"p{number}") for number in range(count)]
        return [{"name": one.name, "token": one.token} for one in opened]

    return [Person(pod, account) for account in pod.act(made)]


def _join(group: str, pods: list[ServedPod], people: list[Person]) -> None:
    """All of them, each as soon as the one before was answered; until nothing is to be done any more."""
    for person in people:
        while not _asked(person, group, pods[0].url):
            time.sleep(AGAIN_AFTER_SECONDS)
    eventually(lambda: all(map(is_quiet, pods)), seconds=SETTLED_WITHIN_SECONDS)


def _asked(person: Person, group: str, at: str) -> bool:
    """Whether they asked; a pod that is busy is asked again, and may have heard the first time."""
    try:
        person.post("/api/v1/joins", {"group": group, "pod": at})
    except RefusedByHttpError as refusal:
        return refusal.status not in {429, 503}
    except OSError:
        return False
    return True


def _cpu(pods: list[ServedPod]) -> float:
    return sum(cpu_seconds(pod.process_id() or 0) for pod in pods)
