"""What somebody bet stands nowhere before it is opened: at no address of any pod, in no file, log, mail or database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import pytest

from models.decisions.hidden_values import HiddenValue, load_own_hidden
from models.people.accounts import load_account_named
from pod.actions.accounts.api_tokens import make_token
from pod.deps import Deps
from protocol.ids import parse_id
from protocol.records.content import BETS_KIND
from tests.reading.crawler import Walk
from tests.reading.house import House
from tests.reading.mails import Letterbox
from tests.support.crawling import KINDS, Answer, readable_routes
from tests.support.people import joined
from tests.support.polling_parish import HOUR, PollingParish, prediction, soon
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod, eventually, worker_number

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
NUMBERS: Final = (51, 52, 53)
# Thousandths as pages, tables and pictures write them, and as nothing else stands there.
ADAS, BOS = 617, 737


@dataclass
class Round:
    """A poll of three pods in which bets are made: ada's on the first, bo's on the second; dan and root are there."""

    parish: PollingParish
    poll: str
    statement: str
    sealed: Mapping[int, HiddenValue]
    dan: Person
    token: str
    told: list[str] = field(default_factory=list)

    def finds(self, text: str, value: int) -> bool:
        """Whether the text has the bet of this value, or what its commitment was made with."""
        whole, part = divmod(value, 10)
        rounded = round(value / 10)
        numbers = rf"(?<![\w.,:#-])(?:{value}|0[.,]{value}|{whole}[.,]{part})(?![\w-])"
        written = rf'{numbers}|":\s*{value}\b|value="{rounded}"|(?<![\w.,]){rounded}\u00a0%'
        return self.sealed[value].salt in text or re.search(written, text) is not None

    def house(self, pod: ServedPod) -> House:
        """What a walk asks for: each kind of thing by what is in this group."""
        records = (self.sealed[ADAS].sealed_id, self.sealed[BOS].sealed_id, self.statement, self.poll)
        names = ("secret", "quiet", "plain", "hidden")
        ids = _Ids(self.poll, dict(zip(names, map(str, records), strict=True)))
        ids |= dict.fromkeys(("open", "unlisted", "private", "floor"), self.parish.group)
        people = {one.account["name"]: one for one in (*self.parish.people, self.dan)}
        return House(pod, people, None, ids, [])  # type: ignore[arg-type]


class _Ids(dict[str, str]):
    """Ids by name; whatever has no name of its own is the poll."""

    def __init__(self, poll: str, known: dict[str, str]) -> None:
        super().__init__(known)
        self._poll = poll

    def __missing__(self, name: str) -> str:
        return self._poll


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with PostOffice() as made:
        yield made


@pytest.fixture(scope="module")
def betting(tmp_path_factory: pytest.TempPathFactory, office: PostOffice) -> Iterator[Round]:
    folder = tmp_path_factory.mktemp("bets")
    pods = [ServedPod(folder / f"pod{number}", worker_number(), number) for number in NUMBERS]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda pod: pod.create(), pods))
    office.configure(pods[0])
    try:
        yield _bet(PollingParish(pods), office)
    finally:
        for pod in pods:
            pod.kill()


def _bet(parish: PollingParish, office: PostOffice) -> Round:
    here = parish.pods[0]
    dan = here.sign_up("dan")
    here.sign_up("root")
    here.run("user", "promote", "root")
    joined(parish.ada, parish.group, dan, 1000)
    box = Letterbox(here, office)
    for person in (parish.ada, dan):
        box.of_somebody_here(person)
    poll = parish.ask()
    parish.reached(poll, "proposals")
    proposal = parish.ada.post(parish.path(poll, "proposals"), {"title": "North"})["record"]
    parish.logged(proposal)
    parish.pass_time(HOUR)
    parish.reached(poll, "predictions")
    due_at = parish.seen(parish.ada, poll)["poll"]["times"]["voting_end"] + 40 * HOUR
    statement = soon(parish.bo.post, parish.path(poll, "predictions"), prediction(proposal, at=due_at))
    parish.logged(statement)
    parish.ada.post(parish.path(poll, "fast-forward"), {})
    parish.reached(poll, "bets")
    bets = parish.path(poll, "bets")
    made = [soon(person.put, bets, {"bets": {statement: value}}) for person, value in _bettors(parish)]
    parish.logged(*made)
    sealed = {value: person.pod.act(partial(_hidden, person, poll)) for person, value in _bettors(parish)}
    box.take("ada@mail2.example")  # that something was signed in ada's name
    box.of_a_day(dan)
    return Round(parish, poll, statement, sealed, dan, here.act(_reading_token), box.mails)


def _bettors(parish: PollingParish) -> tuple[tuple[Person, int], ...]:
    return (parish.ada, ADAS), (parish.bo, BOS)


async def _hidden(person: Person, poll: str, deps: Deps) -> HiddenValue:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, person.account["name"])
        assert account is not None
        hidden = await load_own_hidden(session, account.id, parse_id(poll), BETS_KIND, 1)
    assert hidden is not None
    return hidden


async def _reading_token(deps: Deps) -> str:
    """A token of dan's that neither votes nor delegates."""
    async with deps.store.database.read() as session:
        account = await load_account_named(session, "dan")
    assert account is not None
    return await make_token(deps, account, "a reader")


# (pod, who is signed in there, whose bet must not be found); "token": a program of dan's.
WALKS: Final = (
    (0, "", (ADAS, BOS)),
    (0, "dan", (ADAS, BOS)),
    (0, "root", (ADAS, BOS)),
    (0, "token", (ADAS, BOS)),
    (1, "", (ADAS, BOS)),
    (1, "bo", (ADAS,)),
    (2, "cy", (ADAS, BOS)),
)


@pytest.mark.parametrize(("place", "name", "values"), WALKS)
def test_dc_13_nobody_finds_a_bet_at_any_address_of_any_pod(
    betting: Round, place: int, name: str, values: tuple[int, ...]
) -> None:
    found = [
        f"{value} at {answer.path}"
        for answer in _answers(betting, place, name)
        for value in values
        if answer.path != "/metrics" and betting.finds(answer.text, value)
    ]
    assert found == []


def _answers(betting: Round, place: int, name: str) -> Iterator[Answer]:
    house = betting.house(betting.parish.pods[place])
    walk = Walk(house, "" if name == "token" else name, betting.token if name == "token" else "")
    try:
        if name != "token":
            yield from walk.answers(f"/g/{betting.parish.group}/polls", links=name == "dan")
            assert walk.asked == set(readable_routes())
            return
        yield from (walk.get(path, KINDS[1]) for path in dict.fromkeys(walk.seeds))
    finally:
        walk.close()


def test_dc_13_ones_own_bet_is_found_by_oneself_alone(betting: Round) -> None:
    walk = Walk(betting.house(betting.parish.pods[0]), "ada")
    page = walk.get(f"/g/{betting.parish.group}/polls/{betting.poll}/bets").text
    walk.close()
    assert betting.finds(page, ADAS)
    assert not betting.finds(page, BOS)
    assert parish_bets(betting, betting.parish.ada) == {betting.statement: ADAS}
    assert parish_bets(betting, betting.dan) is None


def parish_bets(betting: Round, person: Person) -> Any:
    return betting.parish.seen(person, betting.poll)["bets"]


@pytest.mark.parametrize(("value", "home"), [(ADAS, 0), (BOS, 1)])
def test_dc_13_no_file_of_another_pod_and_no_log_of_any_has_a_bet(betting: Round, value: int, home: int) -> None:
    secret = betting.sealed[value].salt
    traces = (secret.encode(), bytes.fromhex(secret), f'{betting.statement}":{value}'.encode())
    pods = betting.parish.pods
    others = [path for place, pod in enumerate(pods) if place != home for path in pod.folder.rglob("*")]
    files = [path for path in (*others, *(pod.folder.with_suffix(".log") for pod in pods)) if path.is_file()]
    assert {path.name for path in files} >= {"pod.sqlite", *(f"pod{number}.log" for number in NUMBERS)}
    assert [path.name for path in files for trace in traces if trace in path.read_bytes()] == []
    own = b"".join(path.read_bytes() for path in pods[home].folder.glob("pod.sqlite*"))
    assert secret.encode() in own, "the pod at home opens it"
    assert traces[2] not in own, "and keeps the value encrypted"


def test_dc_13_no_mail_and_no_news_tell_of_a_bet(betting: Round) -> None:
    assert any(betting.poll in mail for mail in betting.told)
    assert [mail for mail in betting.told for value in (ADAS, BOS) if betting.finds(mail, value)] == []


def test_dc_13_once_their_time_is_over_all_find_all_bets(betting: Round) -> None:
    parish = betting.parish
    parish.pass_time(HOUR)
    parish.reached(betting.poll, "voting")

    def opened(place: int, path: str) -> bool:
        walk = Walk(betting.house(parish.pods[place]))
        text = walk.get(path, KINDS[1]).text
        walk.close()
        return betting.finds(text, ADAS) and betting.finds(text, BOS)

    for place in range(len(parish.pods)):
        eventually(partial(opened, place, f"/groups/{parish.group}/log?from=0"))
