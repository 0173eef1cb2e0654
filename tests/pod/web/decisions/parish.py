"""A parish on one pod that decides: ada with weight, bo and cy who vote, dee who comes later, eve who is no member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.browsing import Browser, Seen
from tests.support.people import joined
from tests.support.rig import Person, ServedPod, eventually
from tests.support.shell import settle as sign_up

HOUR = 3_600_000
DAY = 24 * HOUR
WELLS = [{"title": "Dig deeper"}, {"title": "Buy a pump", "text": "Second-hand."}, {"title": "Carry water"}]


@dataclass
class Parish:
    """`offset`: how far the pod's clock was moved."""

    pod: ServedPod
    people: dict[str, Person]
    group: str
    offset: int = 0

    def ask(self, kind: str = "for-against", *, title: str = "Dig deeper?", **said: Any) -> str:
        """Open a poll; returns its id once one may vote."""
        options = {} if kind in ("for-against", "date") else {"options": WELLS}
        wish = {"kind": kind, "title": title, "lengths": {"voting": 2 * DAY, "contest": HOUR}, **options, **said}
        poll = str(self.people["ada"].post(f"/api/v1/groups/{self.group}/polls", wish)["record"])
        eventually(lambda: self.seen("ada", poll)["poll"]["phase"] != "unopened")
        return poll

    def seen(self, name: str, poll: str) -> Any:
        return self.people[name].get(f"/api/v1/groups/{self.group}/polls/{poll}")

    def cast(self, name: str, poll: str, **said: Any) -> str:
        path = f"/api/v1/groups/{self.group}/polls/{poll}/ballots"
        return str(self.people[name].post(path, said)["record"])

    def logged(self, name: str, poll: str) -> int:
        """Wait until the newest ballot has its place in the log."""
        return int(
            eventually(lambda: (own := self.seen(name, poll)["own"]) and own["index"] is not None and own["index"] + 1)
        )

    def path(self, poll: str, rest: str = "") -> str:
        return f"/g/{self.group}/polls/{poll}{rest}"

    def browser(self, name: str = "", language: str = "en") -> Browser:
        fresh = Browser(self.pod, language)
        return fresh.sign_in(name) if name else fresh

    def ballot(self, name: str, poll: str) -> tuple[Browser, Seen]:
        """Somebody at their ballot."""
        browser = self.browser(name)
        return browser, browser.get(self.path(poll, "/vote"))

    def pass_time(self, time: int) -> None:
        """Move the pod's clock on."""
        self.offset += time
        self.pod.set_clock(self.offset)

    def reach(self, poll: str, *phases: str) -> None:
        eventually(lambda: self.seen("ada", poll)["poll"]["phase"] in phases)


def settle(pod: ServedPod, **permissions: int) -> Parish:
    """Sign up, found, join; the pod serves. `permissions`: the weight that a capability needs."""
    pod.set_clock(0)
    people = {name: sign_up(pod, name) for name in ("ada", "bo", "cy", "dee", "eve")}
    pod.start()
    group = people["ada"].post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    if permissions:
        wish = {"do": "set-policy", "with": {"permissions": permissions}}
        people["ada"].post(f"/api/v1/groups/{group}/operations", wish)
    for name in ("bo", "cy"):
        joined(people["ada"], group, people[name], 1000)
    return Parish(pod, people, group)
