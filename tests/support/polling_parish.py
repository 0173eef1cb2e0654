"""A group whose people live on three pods and decide, with one clock for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.people import agreed, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

HOUR = 3_600_000
DAY = 24 * HOUR
LENGTHS = {"proposals": HOUR, "predictions": HOUR, "bets": HOUR, "voting": 2 * HOUR, "contest": 30 * HOUR}
CAN_ALL = dict.fromkeys(("open-poll", "fast-forward", "propose", "predict", "bet", "evaluate", "vote"), 1)


class PollingParish:
    """A group of ada (pod 1, steward), bo (pod 2) and cy (pod 3); the clock of all pods moves on together."""

    def __init__(
        self, pods: list[ServedPod], sign_up: Callable[[ServedPod, str], Person] = ServedPod.sign_up, **root: Any
    ) -> None:
        self.pods = pods
        pods[0].set_clock(0)
        for pod in pods[1:]:
            pod.clock_file.symlink_to(pods[0].clock_file)
        self.people = [sign_up(pod, name) for pod, name in zip(pods, ("ada", "bo", "cy"), strict=True)]
        for pod in pods:
            pod.start()
        self.ada, self.bo, self.cy = self.people
        wish = {"name": "Parish council", "weight": 3000, "permissions": CAN_ALL, **root}
        self.group = self.ada.post("/api/v1/groups", wish)["group"]
        for place, person in enumerate(self.people[1:], start=2):
            assert joined(self.ada, self.group, person, 1000) == place
        self.offset = 0

    def pass_time(self, by: int) -> None:
        self.offset += by
        self.pods[0].set_clock(self.offset)

    def pass_until(self, holds: Callable[[], bool], by: int) -> None:
        """Let time pass step by step, as fast as the pods are asked, until something holds."""

        def stepped() -> bool:
            if holds():
                return True
            self.pass_time(by)
            return False

        eventually(stepped)

    def path(self, poll: str, *parts: str) -> str:
        return "/".join((f"/api/v1/groups/{self.group}/polls/{poll}", *parts))

    def ask(self, **said: Any) -> str:
        wish = {"kind": "score", "title": "Where shall we dig?", "lengths": LENGTHS, **said}
        return str(self.ada.post(f"/api/v1/groups/{self.group}/polls", wish)["record"])

    def seen(self, person: Person, poll: str) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = person.get(self.path(poll))
        except RefusedByHttpError as error:
            if error.status != 404:
                raise
            return {"poll": {"phase": "", "round": 0}}
        return answer

    def reached(self, poll: str, phase: str, *people: Person, held: int = 1) -> None:
        """Wait until the poll is in that phase of that round on these people's pods (all), and they have one log."""
        those = people or tuple(self.people)

        def everywhere() -> bool:
            seen = [self.seen(person, poll)["poll"] for person in those]
            return all((one["phase"], one["round"]) == (phase, held) for one in seen)

        eventually(everywhere, seen=lambda: [self.seen(person, poll)["poll"] for person in those])
        self.agree(*those)

    def logged(self, *records: str) -> None:
        """Wait until the log of all pods holds these records."""
        path = f"/api/v1/groups/{self.group}/records"

        def holds(person: Person, record: str) -> bool:
            try:
                return person.get(f"{path}/{record}")["log_index"] is not None
            except RefusedByHttpError as error:
                if error.status != 404:
                    raise
                return False

        eventually(lambda: all(holds(person, record) for person in self.people for record in records))
        self.agree()

    def entries(self, person: Person) -> list[dict[str, Any]]:
        """The records of the group's log, as this person's pod has them."""
        size = person.get(f"/api/v1/groups/{self.group}")["log"]["size"]
        found: list[dict[str, Any]] = []
        while len(found) < size:
            found += person.get(f"/groups/{self.group}/log?from={len(found)}")["entries"]
        return found

    def opened(self, person: Person, poll: str) -> list[dict[str, int]]:
        """The bets of a poll that the log tells."""
        return [one["value"] for one in self.entries(person) if one["type"] == "Opening" and one["poll"] == poll]

    def agree(self, *people: Person) -> None:
        """Wait until these people's pods (all) hold the same chain and log."""
        eventually(lambda: agreed(self.group, *(people or self.people)))


def soon(send: Callable[[str, object], Any], path: str, body: object) -> str:
    """The record that somebody writes, as soon as the item is here that ended the phase before."""

    def sent() -> str:
        try:
            return str(send(path, body)["record"])
        except RefusedByHttpError as refusal:
            if refusal.problem["rule"] != "not_sealed_yet":
                raise
            return ""

    return str(eventually(sent))


def prediction(proposal: str, *, at: int) -> dict[str, Any]:
    condition = {"every": True, "terms": [{"proposal": proposal, "implemented": True}]}
    return {"statement": "It is 12 m deep.", "due_at": at, "condition": condition}
