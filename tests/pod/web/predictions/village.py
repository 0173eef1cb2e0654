"""A village that decides with predictions: five who bet, three who say afterwards what came true."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from protocol.keys import PrivateKey
from tests.pod.web.decisions.parish import DAY, HOUR, Parish
from tests.support.rig import RefusedByHttpError, ServedPod, eventually
from tests.support.shell import settle as sign_up

PREDICTORS = ("bo", "cy", "eva", "fia", "gus")
JUDGES = ("ada", "hal", "ida")
LENGTHS = {"proposals": DAY, "predictions": DAY, "bets": DAY, "voting": 2 * DAY, "contest": HOUR}
# Of each predictor: the bets on the two statements of a poll, in thousandths.
BETS = {"bo": (907, 213), "cy": (811, 222), "eva": (702, 231), "fia": (613, 242), "gus": (137, 251)}


@dataclass
class Village(Parish):
    """`polls`: proposals and statements by poll."""

    polls: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)

    def say(self, name: str, poll: str, path: str, body: dict[str, Any], *, put: bool = False) -> str:
        address = f"/api/v1/groups/{self.group}/polls/{poll}/{path}"
        person = self.people[name]

        def said() -> str:
            try:
                return str((person.put if put else person.post)(address, body)["record"])
            except RefusedByHttpError as refusal:
                if refusal.problem["rule"] != "not_sealed_yet":
                    raise
                return ""

        return str(eventually(said))

    def told(self, name: str, poll: str) -> Any:
        return self.people[name].get(f"/api/v1/groups/{self.group}/polls/{poll}/predictions")

    def begin(self, title: str = "Where do we get water?", **said: Any) -> str:
        """A poll in its phase of proposals."""
        wish = {"kind": "score", "title": title, "lengths": LENGTHS, **said}
        poll = str(self.people["ada"].post(f"/api/v1/groups/{self.group}/polls", wish)["record"])
        self.reach(poll, "proposals")
        return poll

    def propose(self, poll: str) -> None:
        proposals = [self.say(who, poll, "proposals", {"title": title}) for who, title in PROPOSED]
        eventually(lambda: not any(one["waits"] for one in self.seen("ada", poll)["poll"]["options"]))
        self.polls[poll] = (proposals, [])
        self.next(poll, "predictions")

    def predict(self, poll: str) -> None:
        """Two statements on the first proposal, and one on the second, which loses."""
        proposals, _ = self.polls[poll]
        due = self.seen("ada", poll)["poll"]["times"]["contest_end"] + DAY
        said = [("bo", "The well gives water in May", 0), ("cy", "It costs more than planned", 0)]
        said.append(("eva", "The pump breaks within a year", 1))
        statements = []
        for who, statement, place in said:
            condition = {"every": True, "terms": [{"proposal": proposals[place], "implemented": True}]}
            body = {"statement": statement, "due_at": due, "condition": condition}
            statements.append(self.say(who, poll, "predictions", body))
        self.polls[poll] = (proposals, statements)
        eventually(lambda: not any(one["waits"] for one in self.seen("ada", poll)["statements"]))
        self.next(poll, "bets")

    def bet(self, poll: str) -> None:
        _, statements = self.polls[poll]
        for name, values in BETS.items():
            bets = dict(zip(statements, values, strict=False))
            self.say(name, poll, "bets", {"bets": bets}, put=True)

    def open_bets(self, poll: str) -> None:
        """Votes that are taken show that an item ended the bets; half a day later they are all open."""
        self.next(poll, "voting")
        first, second = self.polls[poll][0]
        for name in JUDGES:
            self.say(name, poll, "ballots", {"scores": {first: 90, second: 10}})
            self.logged(name, poll)
        self.pass_time(13 * HOUR)
        eventually(lambda: self.told("ada", poll)["opened"])

    def finish(self, poll: str) -> None:
        self.pass_time(2 * DAY)
        self.reach(poll, "provisional", "final")
        self.pass_time(2 * HOUR)
        self.reach(poll, "final")

    def evaluate(self, name: str, poll: str, place: int, happened: bool | None) -> str:
        path = f"predictions/{self.polls[poll][1][place]}/evaluation"
        return self.say(name, poll, path, {"happened": happened}, put=True)

    def next(self, poll: str, phase: str) -> None:
        self.pass_time(DAY)
        self.reach(poll, phase)


AREAS = [{"area": "water", "name": "Water"}, {"area": "roads", "name": "Roads"}]
PROPOSED = (("ada", "Dig a well"), ("bo", "Buy a pump"))


def found(pod: ServedPod) -> Village:
    """Sign up, found, join; the pod serves."""
    pod.set_clock(0)
    people = {name: sign_up(pod, name) for name in (*JUDGES, *PREDICTORS)}
    pod.start()
    group = people["ada"].post("/api/v1/groups", {"name": "Village", "weight": 3000})["group"]
    guests = [people[name] for name in people if name != "ada"]
    for guest in guests:
        secret = secrets.token_bytes(32)
        wishes = {"weight": 1000, "to": PrivateKey.from_seed(secret).did, "expires": 2**50}
        link = people["ada"].post(f"/api/v1/groups/{group}/invitations", wishes)
        guest.post("/api/v1/joins", {**link, "secret": secret.hex()})
    eventually(lambda: all(one.get("/api/v1/me")["memberships"][-1]["number"] for one in guests))
    village = Village(pod, people, group)
    said = {"permissions": dict.fromkeys(("propose", "predict", "bet", "evaluate"), 1), "areas": AREAS}
    height = people["ada"].get(f"/api/v1/groups/{group}")["settled_height"]
    people["ada"].post(f"/api/v1/groups/{group}/operations", {"do": "set-policy", "with": said})
    eventually(lambda: people["ada"].get(f"/api/v1/groups/{group}")["settled_height"] > height)
    return village
