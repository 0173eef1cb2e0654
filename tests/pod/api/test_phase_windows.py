"""Each phase of a poll takes its own deeds alone, by the pod's clock: API and pages agree before and after each end."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from pod.clock import Clock
from tests.pod.web.decisions.parish import HOUR, Parish, settle
from tests.support.polling_parish import prediction
from tests.support.rig import ServedPod, eventually

SECOND = 1000
# Each phase's deed, and what is typed into its form.
FORMS = {"proposals": "title", "predictions": "statement", "bets": "value", "vote": "value"}
LENGTHS = {"proposals": HOUR, "predictions": HOUR, "bets": HOUR, "voting": HOUR, "contest": HOUR}


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    return settle(pod, propose=1, predict=1, bet=1)


def sent(method: str, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, Any]:
    """An answer's status, media type and document."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], json.load(error)


class Town:
    """Bo, who does in one poll whatever there is to do in any of its phases."""

    def __init__(self, parish: Parish) -> None:
        self.parish = parish
        self.poll = parish.ask("score", title="What now?", options=[], lengths=LENGTHS)
        self.proposal = self.statement = self.poll
        self.times = parish.seen("bo", self.poll)["poll"]["times"]
        self.done = 0

    def tried(self, deed: str) -> str:
        """The record that it made, or the rule that refused it."""
        self.done += 1
        due = prediction(self.proposal, at=self.times["voting_end"] + 99 * HOUR)
        method, path, body = {
            "proposals": ("POST", "proposals", {"title": f"Number {self.done}"}),
            "predictions": ("POST", "predictions", due),
            "bets": ("PUT", "bets", {"bets": {self.statement: 500}}),
            "vote": ("POST", "ballots", {"scores": {self.proposal: 50}}),
        }[deed]
        bo = self.parish.people["bo"]
        status, kind, told = sent(
            method,
            f"{self.parish.pod.door}/api/v1/groups/{self.parish.group}/polls/{self.poll}/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {bo.account['token']}"},
        )
        if status < 300:
            return str(told["record"])
        assert (status, told["status"], told["code"]) == (409, 409, "not_now"), told
        assert kind.startswith("application/problem+json")
        return str(told["rule"])

    def taken(self, deed: str) -> str:
        """The record that it makes as soon as the end of the phase before is sealed, once it is in the log."""
        made = eventually(lambda: (told := self.tried(deed)) != "not_sealed_yet" and told)
        assert made != "not_now", f"{deed} was refused"
        record = f"/api/v1/groups/{self.parish.group}/records/{made}"
        eventually(lambda: self.parish.people["bo"].get(record)["log_index"] is not None)
        return str(made)

    def offered(self) -> list[str]:
        """What the pages have a form for."""
        browser = self.parish.browser("bo")
        pages = {deed: browser.get(self.parish.path(self.poll, f"/{deed}")) for deed in FORMS}
        forms = [(deed, form) for deed, page in pages.items() for form in page.forms if form.action.endswith(deed)]
        return [deed for deed, form in forms if FORMS[deed] in dict(form.fields)]

    def go(self, moment: int) -> None:
        """Move the pod's clock to that time; it runs on from there."""
        self.parish.pod.set_clock(moment - Clock()())

    def at(self, moment: int, deed: str) -> str:
        """Bo can do this alone at that time; the record."""
        self.go(moment)
        made = self.taken(deed) if deed else ""
        assert self.offered() == ([deed] if deed else [])
        assert {other: self.tried(other) for other in FORMS if other != deed} == dict.fromkeys(
            (other for other in FORMS if other != deed), "not_now"
        )
        return made


def test_dc_03_each_phase_takes_its_own_deeds_from_its_first_second_to_its_last(parish: Parish) -> None:
    town = Town(parish)
    begins = town.times["opened_at"]
    for place, deed in enumerate((*FORMS, "")):
        made = town.at(begins + place * HOUR + SECOND, deed)
        if deed:
            # 30 seconds for a slow machine; that it is so to the millisecond is held in tests/decisions/test_phases.py.
            town.go(begins + (place + 1) * HOUR - 30 * SECOND)
            town.taken(deed)
        town.proposal = made if deed == "proposals" else town.proposal
        town.statement = made if deed == "predictions" else town.statement
