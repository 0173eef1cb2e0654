"""What an operator sees of polls, and `decisions run-due`, which does what the pod would do by itself."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final

import pytest
from click.testing import CliRunner

from decisions.bundle.verify import verify
from models.people.accounts import load_account_named
from models.people.decision_notices import count_decision
from models.people.mail_addresses import MailAddress, save_mail_address
from pod.cli import main
from pod.deps import Deps
from tests.support.people import agreed, joined
from tests.support.polling_parish import CAN_ALL, HOUR, prediction, soon
from tests.support.rig import Person, ServedPod, eventually

LENGTHS: Final = {"proposals": HOUR, "predictions": HOUR, "bets": HOUR, "voting": 2 * HOUR, "contest": HOUR}


def run(pod: ServedPod, *command: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, [*command, "--data", str(pod.folder)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def told(pod: ServedPod, *command: str) -> Any:
    code, text = run(pod, *command, "--json")
    assert code == 0, text
    return json.loads(text)


class Council:
    """Ada and Bo on one pod, whose clock is ours, with a poll in which both bet; the pod is stopped then."""

    def __init__(self, pod: ServedPod) -> None:
        self.pod, self.offset = pod, 0
        pod.set_clock(0)
        self.ada, self.bo = pod.sign_up("ada"), pod.sign_up("bo")
        pod.start()
        self.group = self.ada.post("/api/v1/groups", {"name": "Parish council", "permissions": CAN_ALL})["group"]
        joined(self.ada, self.group, self.bo, 1000)
        closed = {"name": "Choir", "visibility": "private", "permissions": CAN_ALL}
        self.choir = self.ada.post("/api/v1/groups", closed)["group"]
        song = {"kind": "for-against", "title": "Sing the secret song?", "lengths": {"voting": 9 * HOUR}}
        self.song = self.ada.post(f"/api/v1/groups/{self.choir}/polls", song)["record"]
        wish = {"kind": "score", "title": "Where shall we dig?", "lengths": LENGTHS}
        self.poll = self.ada.post(f"/api/v1/groups/{self.group}/polls", wish)["record"]
        self.north = soon_open(self.ada, self.path("proposals"), {"title": "North"})
        self.pass_time(HOUR)
        due = prediction(self.north, at=pod_time(self) + 90 * HOUR)
        self.statement = soon(self.bo.post, self.path("predictions"), due)
        self.pass_time(HOUR)
        for person, bet in ((self.ada, 250), (self.bo, 750)):
            soon(person.put, self.path("bets"), {"bets": {self.statement: bet}})
        eventually(lambda: agreed(self.group, self.ada))
        pod.stop()

    def path(self, *parts: str) -> str:
        return "/".join((f"/api/v1/groups/{self.group}/polls/{self.poll}", *parts))

    def pass_time(self, by: int) -> None:
        self.offset += by
        self.pod.set_clock(self.offset)

    def done_now(self) -> list[dict[str, Any]]:
        """What was due in the group, and is done now."""
        groups = told(self.pod, "decisions", "run-due")["groups"]
        return [one for one in groups if one["group"] == self.group]

    def shown(self) -> dict[str, Any]:
        seen: dict[str, Any] = told(self.pod, "poll", "show", self.poll)
        return seen


def pod_time(council: Council) -> int:
    return int(council.ada.get(council.path())["poll"]["times"]["voting_end"])


def soon_open(person: Person, path: str, body: object) -> str:
    """As soon as the poll is open."""
    group, poll = path.split("/")[4], path.split("/")[6]

    def is_open() -> bool:
        return bool(person.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] == "proposals")

    eventually(is_open)
    return str(person.post(path, body)["record"])


@pytest.fixture(scope="module")
def council(pod: ServedPod) -> Council:
    return Council(pod)


def test_polls_are_listed_of_a_group_and_of_all_without_words_of_private_ones(council: Council) -> None:
    (line,) = told(council.pod, "poll", "list", council.group)
    assert (line["poll"], line["title"], line["phase"]) == (council.poll, "Where shall we dig?", "bets")
    lines = {one["poll"]: one for one in told(council.pod, "poll", "list", "--all")}
    assert set(lines) == {council.poll, council.song}
    assert (lines[council.song]["title"], lines[council.song]["phase"]) == ("", "voting")
    for command in (("list", "--all"), ("show", council.song)):
        code, text = run(council.pod, "poll", *command)
        assert (code, "secret song" in text, "(private, or hidden)" in text) == (0, False, True)
    assert "Where shall we dig?" in run(council.pod, "poll", "list", council.group)[1]


def test_what_is_asked_wrongly_is_told(council: Council) -> None:
    assert run(council.pod, "poll", "list")[0] == 2
    assert run(council.pod, "poll", "list", council.group, "--all")[0] == 2
    assert run(council.pod, "poll", "show", "parish")[0] == 2
    code, text = run(council.pod, "poll", "show", council.group)
    assert (code, "This pod has no poll" in text) == (1, True)
    code, text = run(council.pod, "poll", "list", council.poll)
    assert code == 1


def test_a_resting_pods_poll_goes_on_by_run_due_and_twice_is_once(council: Council) -> None:
    assert council.shown()["poll"]["waits_for"] == "time"
    run(council.pod, "decisions", "run-due")  # the last bets may have waited for a seal when the pod stopped
    assert run(council.pod, "decisions", "run-due") == (0, "Nothing was due.\n")
    council.pass_time(HOUR)
    (done,) = council.done_now()
    assert (done["opened"], done["owed_by"]) == (2, "")
    assert done["items"] > 0
    assert told(council.pod, "decisions", "run-due")["groups"] == []
    council.pass_time(2 * HOUR)
    assert (council.shown()["poll"]["phase"], council.shown()["poll"]["waits_for"]) == ("ended", "item")
    assert "to seal an item after the end of voting" in run(council.pod, "poll", "show", council.poll)[1]
    (done,) = council.done_now()
    assert [(one["before"], one["after"]) for one in done["moved"]] == [("ended", "provisional")]
    council.pass_time(HOUR)
    code, text = run(council.pod, "decisions", "run-due")
    assert (code, f"poll {council.poll}: provisional, now final" in text) == (0, True)
    assert run(council.pod, "decisions", "run-due") == (0, "Nothing was due.\n")
    seen = council.shown()
    assert (seen["poll"]["phase"], seen["poll"]["waits_for"], seen["roll"]) == ("final", "", 2)
    assert (seen["poll"]["chosen"], seen["results"][0]["counted"]) == ([], 0)
    assert "decided   nothing" in run(council.pod, "poll", "show", council.poll)[1]


def test_run_due_sends_mails_that_are_due_and_none_twice(council: Council) -> None:
    council.pod.act(partial(decided_unmailed, council.bo.account["name"]))
    done = CliRunner().invoke(main, ["decisions", "run-due", "--data", str(council.pod.folder), "--json"])
    assert (done.exit_code, json.loads(done.stdout)["mails"]) == (0, 1)
    assert "Mail to bo@example.org" in done.stderr
    assert told(council.pod, "decisions", "run-due")["mails"] == 0


async def decided_unmailed(name: str, deps: Deps) -> None:
    """Somebody with a proved address decided, and the pod ended before it mailed that."""
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    assert account is not None
    address, now = MailAddress(account.id, f"{name}@example.org", f"{name}@example.org", deps.clock()), deps.clock()
    await deps.store.write(lambda session: save_mail_address(session, address))
    await deps.store.write(lambda session: count_decision(session, account.id, now=now))


def test_run_due_beside_a_serving_pod_leaves_one_chain_and_one_result(council: Council) -> None:
    council.pod.start()
    wish = {"kind": "for-against", "title": "Shall we dig at all?", "lengths": {"voting": HOUR, "contest": 0}}
    poll = council.ada.post(f"/api/v1/groups/{council.group}/polls", wish)["record"]
    path = f"/api/v1/groups/{council.group}/polls/{poll}"
    eventually(lambda: council.ada.get(path)["poll"]["phase"] == "voting")
    council.ada.post(f"{path}/ballots", {"choice": "yes"})
    eventually(lambda: agreed(council.group, council.ada))
    council.pass_time(HOUR)
    for _ in range(3):
        assert run(council.pod, "decisions", "run-due")[0] == 0
    eventually(lambda: council.ada.get(path)["poll"]["phase"] == "final")
    verdict = verify(json.dumps(council.ada.get(f"{path}/bundle")).encode())
    assert (verdict.faults, verdict.final, verdict.chosen) == ((), True, ("yes",))
    assert told(council.pod, "group", "verify", council.group)["faults"] == []
    assert council.ada.get(f"/api/v1/groups/{council.group}")["faults"] == []
