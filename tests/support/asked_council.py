"""A council that is asked something while a hostile pod is its steward: what it promises, seals and leaves out."""

from __future__ import annotations

import json
import urllib.request
from functools import partial
from html import unescape
from typing import Any, Final

from protocol.proofs import sign
from protocol.records.envelope import Record, open_record
from tests.support.browsing import Browser
from tests.support.hostile import Body, id_of
from tests.support.rig import Person, eventually
from tests.support.town import AWHILE, MINUTE_MS, Council, Town, answers

PROMISE_MS: Final = 60_000


class AskedCouncil(Council):
    """A council of ada, bo, cy and mal with an open poll for or against; mal's pod promises to log what it is sent."""

    def __init__(self, town: Town, name: str, *, minutes: int) -> None:
        super().__init__(town, name)
        self.mal.answers["/inbox"] = self._promise
        ada, *_ = self.people
        self.term: int = self.seen(ada)["term"]
        self.path = f"/api/v1/groups/{self.group}"
        lengths = {"voting": minutes * MINUTE_MS, "contest": 60 * MINUTE_MS}
        wish = {"kind": "for-against", "title": "Dig deeper?", "lengths": lengths}
        self.poll = ada.post(f"{self.path}/polls", wish)["record"]
        opening = eventually(lambda: next((one for one in self._sent("Operation") if one["do"] == "event"), None))
        asked: Body = ada.get(f"{self.path}/records/{self.poll}")["record"]
        self.waits(asked)
        for pod in self.pods:
            eventually(partial(answers, f"{pod.door}{self.path}/records/{id_of(opening)}"))
        self.seal(asked, operations=[opening])
        eventually(partial(self.settled, 3), seconds=AWHILE)

    def seal(self, *entries: Body, **members: Any) -> Body:
        """Mal's pod seals this much and shows it to all."""
        sight = self.look()
        seal = self.mal.seal(sight, log=sight.log(*entries), **members)
        self.mal.show(self.group, sight, seal, entries=entries)
        self.tell(seal)
        return seal

    def cast(self, person: Person, choice: str) -> Body:
        """A ballot as it is signed, once all honest pods hold it and the voter's has the steward's word for it."""
        record = person.post(f"{self.path}/polls/{self.poll}/ballots", {"choice": choice})["record"]
        ballot: Body = person.get(f"{self.path}/records/{record}")["record"]
        self.waits(ballot)
        eventually(partial(self.is_promised, person, ballot))
        return ballot

    def is_promised_everywhere(self, ballot: Body) -> bool:
        """Whether all honest pods have the steward's receipt for a ballot."""
        return all(self.is_promised(person, ballot) for person in self.people)

    def is_promised(self, person: Person, ballot: Body) -> bool:
        """Whether this person's pod has the steward's receipt."""
        return person.get(f"{self.path}/records/{id_of(ballot)}").get("receipt") is not None

    def seen_poll(self, person: Person) -> Body:
        return dict(person.get(f"{self.path}/polls/{self.poll}"))

    def phases(self) -> set[str]:
        return {self.seen_poll(person)["poll"]["phase"] for person in self.people}

    def minutes_to_the_end(self) -> int:
        """How many minutes of the town's clock until this poll's voting has just ended."""
        ends_at: int = self.seen_poll(self.people[0])["poll"]["times"]["voting_end"]
        return (ends_at - self.mal.now()) // MINUTE_MS + 1

    def sums(self) -> list[dict[str, int]]:
        """What each pod counts, option by option."""
        rounds = [self.seen_poll(person)["outcome"]["results"][-1] for person in self.people]
        return [{one["id"]: one["support"]["direct"] for one in result["options"]} for result in rounds]

    def files(self) -> list[bytes]:
        """The file of the result, as each pod makes it."""
        path = f"{self.path}/polls/{self.poll}/bundle"
        return [json.dumps(person.get(path)).encode() for person in self.people]

    def poll_page(self, person: Person) -> str:
        with urllib.request.urlopen(f"{person.pod.door}/g/{self.group}/polls/{self.poll}", timeout=10) as answer:
            return unescape(answer.read().decode())

    def receipt_page(self, browser: Browser) -> str:
        return unescape(browser.get(f"/g/{self.group}/polls/{self.poll}/receipt").text)

    def receipt_file(self, browser: Browser) -> Body:
        """What the page offers as proof."""
        address = f"/g/{self.group}/polls/{self.poll}/receipt.json"
        assert f'href="{address}" download' in self.receipt_page(browser)
        return dict(json.loads(browser.get(address).text))

    def is_logged(self, record: Body) -> bool:
        known = f"{self.path}/records/{id_of(record)}"
        return all(person.get(known)["log_index"] is not None for person in self.people)

    def _sent(self, wanted: str) -> list[Body]:
        """What mal's pod was sent of this group."""
        sent = [activity.get("record") for activity in self.mal.taken]
        return [
            one for one in sent if isinstance(one, dict) and (one.get("group"), one["type"]) == (self.group, wanted)
        ]

    def _promise(self, activity: Body) -> tuple[int, Body]:
        self.mal.taken.append(activity)
        sent = activity.get("record")
        if not isinstance(sent, dict) or sent.get("type") != "Ballot":
            return 202, {}
        record: Record = open_record(sent)
        said = {"record": record.id, "steward": self.mal.key.did, "term": self.term, "by": self.mal.now() + PROMISE_MS}
        return 202, {"receipt": sign({"type": "Receipt", "rules": 1, "group": record.group, **said}, self.mal.key)}
