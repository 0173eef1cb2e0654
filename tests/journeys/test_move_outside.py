"""Who follows somebody from another server comes along when they move: on other software, and on a third pod."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from models.people.accounts import load_account_named
from pod.actions.moving.told_moves import ToldOfMove, list_told
from pod.deps import Deps
from protocol.ids import RecordId
from tests.support.chromium_visitor import ChromiumVisitor
from tests.support.fedify_follower import FedifyFollower, fedify_follower
from tests.support.moving_by_pages import Traveller
from tests.support.people import anew
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually, worker_number

pytestmark = pytest.mark.slow

PODS = 3
LOOKS = ("sv-plain",)
ARRIVED = "%(percent)s %%: %(done)s of %(all)s messages have arrived."
UNTOLD = "You chose that nobody is told. Your old address leads to the new one all the same."
NOTE: Final[dict[str, Any]] = {"kind": "note", "paragraphs": [{"style": "text", "text": "I live at beta now."}]}

Visits = Callable[[ServedPod], ChromiumVisitor]


class Journey:
    """ada and eve live at alpha; fia follows them from Fedify, bo follows ada from gamma. Both move to beta."""

    def __init__(self, pods: list[ServedPod], fia: FedifyFollower, visitor: Visits) -> None:
        self.alpha, self.beta, self.gamma = pods
        self.fia, self.visitor = fia, visitor
        self.traveller: Traveller | None = None
        self.ada, self.eve = (self.alpha.sign_up(name) for name in ("ada", "eve"))
        self.bo = self.gamma.sign_up("bo")
        for pod in pods:
            pod.start()
        for name in ("ada", "eve"):
            fia.follow(f"{self.alpha.url}/u/{name}")
        browser = visitor(self.gamma).sign_in("bo")
        address = f"{self.alpha.url}/g/{self.group_of(self.ada)}"
        assert browser.submit(browser.get("/follows"), "/follows", group=address).status == 200
        eventually(lambda: self.seen_by_bo()["settled_height"] == 0)

    def group_of(self, person: Person) -> RecordId:
        return RecordId(person.account["personal_group"])

    def seen_by_bo(self) -> Any:
        return self.bo.get(f"/api/v1/groups/{self.group_of(self.ada)}")

    def move(self, person: Person, name: str, **ticked: str) -> Traveller:
        traveller = Traveller(person, self.beta, self.visitor(self.alpha), name)
        traveller.copies()
        traveller.agrees(**ticked)
        traveller.arrives()
        return traveller

    def told(self, name: str) -> ToldOfMove:
        async def look(deps: Deps) -> ToldOfMove:
            async with deps.store.database.read() as session:
                account = await load_account_named(session, name)
            assert account is not None
            told = await list_told(deps, account)
            assert told is not None
            return told

        return self.alpha.act(look)

    def received(self, kind: str) -> list[tuple[str, str]]:
        found = [one for one in self.fia.received() if one["type"] == kind]
        return [(one["actor"], one.get("target", "")) for one in found]


@pytest.fixture(scope="module")
def journey(pods: list[ServedPod], visitor: Visits, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    folder: Path = tmp_path_factory.mktemp("fedify") / "follower"
    with fedify_follower(f"127.77.{worker_number()}.60", folder) as fia:
        yield Journey(pods, fia, visitor)


def test_mg_03_and_mg_19_followers_of_other_software_come_along_but_not_in_a_soft_move(
    journey: Journey, visitor: Visits
) -> None:
    old = {name: f"{journey.alpha.url}/u/{name}" for name in ("ada", "eve")}
    new = f"{journey.beta.url}/u/ada2"

    journey.move(journey.eve, "eve", soft="true")
    journey.traveller = journey.move(journey.ada, "ada2")

    eventually(lambda: sorted(journey.fia.following()) == sorted([new, old["eve"]]), seen=journey.fia.received)
    assert journey.received("Move") == [(old["ada"], new)]
    assert all(one["whole"] for one in journey.fia.received() if one["type"] == "Move")
    eventually(lambda: journey.told("ada").total.taken == 1)
    assert (journey.told("eve").soft, journey.told("eve").total.all) == (True, 0)
    browser = visitor(journey.alpha)
    page = browser.sign_in("ada").get("/settings/moved")
    assert browser.says(page, ARRIVED, percent=100, done=1, all=1)
    assert f"<strong>{journey.fia.host}</strong>" in page.text
    assert browser.says(browser.sign_in("eve").get("/settings/moved"), UNTOLD)
    assert call("GET", old["eve"])["movedTo"] == f"{journey.beta.url}/u/eve"
    assert call("GET", new)["alsoKnownAs"] == [old["ada"]]


def test_mg_03_what_is_written_after_the_move_comes_from_the_new_actor_alone(journey: Journey) -> None:
    moved, group = anew(journey.ada, journey.beta, "ada2"), journey.group_of(journey.ada)

    post = moved.post(f"/api/v1/groups/{group}/posts", NOTE)["record"]

    eventually(lambda: journey.received("Create") == [(f"{journey.beta.url}/u/ada2", "")], seen=journey.fia.received)

    def read_by_bo() -> bool:
        try:
            return bool(journey.bo.get(f"/api/v1/groups/{group}/records/{post}"))
        except RefusedByHttpError:
            return False

    eventually(read_by_bo, seen=journey.seen_by_bo)
    assert journey.seen_by_bo()["steward"] == journey.beta.url
    assert journey.traveller is not None
    journey.traveller.check_whole()
