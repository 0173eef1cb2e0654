"""A person who moved goes back within a day: the same account, name, numbers and weights, and fresh keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from federation.errors import RemoteError
from models.people.accounts import Account, load_account_named
from pod.actions.chain.views import load_view
from pod.actions.moving.newcomers import begin
from pod.actions.moving.switch_freeze import agree
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.parts import Home
from tests.support.chromium_visitor import ChromiumVisitor
from tests.support.moved import Said, check_all_came, said_by
from tests.support.people import agreed, anew, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually
from tests.support.switched import advanced

pytestmark = pytest.mark.slow

LOOKS = ("sv-scripts",)
PAGE = "/settings/moved"
CLOSED = "Closed on %(time)s. Your name stays yours: it leads to %(host)s, and nobody else ever gets it."
DAY_MS = 24 * 3600 * 1000
NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}

Visits = Callable[[ServedPod], ChromiumVisitor]


@dataclass
class Road:
    """ada moves from alpha to beta, where bo lives, and back."""

    alpha: ServedPod
    beta: ServedPod
    ada: Person
    bo: Person
    parish: str  # bo's, public
    council: str  # ada's, private: she keeps it alone

    @property
    def group(self) -> RecordId:
        return RecordId(self.ada.account["personal_group"])

    def moves(self, to: ServedPod) -> None:
        """All groups come along, as far as each can."""
        standings = partial(to.act, self._standings)
        eventually(lambda: set(standings()) == {"settled"}, seen=standings)

    async def _standings(self, deps: Deps) -> list[str]:
        try:
            progress = await advanced(deps, self.group)
        except RemoteError as error:  # a job that is refused tries again, too: the other pod's own job was quicker
            return [str(error)]
        return [f"{move.standing} {move.why}".strip() for move in progress.groups]


async def account_of(deps: Deps) -> Account:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, "ada")
    assert account is not None
    return account


async def home_of(deps: Deps) -> Home:
    return deps.identity.home


async def agreed_to_leave(deps: Deps, home: Home) -> None:
    account = await account_of(deps)
    await deps.store.write(lambda session: agree(session, deps, account, home))


def refused(pod: ServedPod, step: Any) -> tuple[str, dict[str, Any]]:
    with pytest.raises(RefusedError) as refusal:
        pod.act(step)
    return str(refusal.value.refused.rule.key), dict(refusal.value.refused.facts)


@pytest.fixture(scope="module")
def road(pods: list[ServedPod]) -> Road:
    alpha, beta = pods
    ada, bo = alpha.sign_up("ada"), beta.sign_up("bo")
    for pod in pods:
        pod.start()
    parish = bo.post("/api/v1/groups", {"name": "Parish", "weight": 3000})["group"]
    council = ada.post("/api/v1/groups", {"name": "Council", "weight": 3000, "visibility": "private"})["group"]
    assert joined(bo, parish, ada, 1000) == 2
    assert joined(ada, council, bo, 1000) == 2
    eventually(lambda: agreed(parish, ada, bo) and agreed(council, ada, bo))
    road = Road(alpha, beta, ada, bo, parish, council)
    alpha.act(partial(agreed_to_leave, home=beta.act(home_of)))
    beta.act(lambda deps: begin(deps, road.group, alpha.url, "ada"))
    road.moves(beta)
    return road


def test_mg_20_who_came_lately_rests_for_a_week_but_for_the_way_back(road: Road) -> None:
    third = Home("https://third.example", road.alpha.act(home_of).key)

    rule, facts = refused(road.beta, partial(agreed_to_leave, home=third))

    assert rule == "rests"
    arrived = road.beta.act(_arrived_at)
    assert facts["moment"] == arrived + 7 * DAY_MS


async def _arrived_at(deps: Deps) -> int:
    return (await account_of(deps)).created_at


def test_mg_18_who_goes_back_within_a_day_has_the_same_account_with_fresh_keys(road: Road, visitor: Visits) -> None:
    alpha, beta = road.alpha, road.beta
    before = alpha.act(account_of)
    anew(road.ada, beta).post(f"/api/v1/groups/{road.council}/posts", NOTE)
    said = eventually(lambda: said_when_logged(beta, 2))  # the post, and her vote for it

    there, here = visitor(beta).sign_in("ada"), visitor(alpha).sign_in("ada")
    left = here.get(PAGE)
    assert here.says(left, "Your account moved to %(host)s")
    assert here.says(left, "%(settled)s; confirmed by member %(members)s", members="1")
    assert here.says(left, "A text for those who don't come along by themselves, to copy")
    mistyped = here.submit(left, f"{PAGE}/undo", handle="bo")
    assert here.says(mistyped, SwitchRule.NAME_NOT_TYPED, name="ada")
    agreed_there = there.submit(there.get(PAGE), f"{PAGE}/back", handle="ada")
    assert there.says(agreed_there, "You agreed to it. Now sign in at %(host)s and have your account come back there.")
    assert f'href="{alpha.url}{PAGE}"' in agreed_there.text
    assert here.says(here.submit(mistyped, f"{PAGE}/undo", handle="@ada"), "You are moving back")
    road.moves(alpha)

    assert alpha.act(account_of) == before
    check_all_came(alpha, "ada", said)
    ada, moved = anew(road.ada, alpha), anew(road.ada, beta)
    for group, people in ((road.parish, 2), (road.council, 2), (str(road.group), 1)):
        ada.post(f"/api/v1/groups/{group}/posts", NOTE)
        seen = [ada, road.bo][:people]
        eventually(lambda group=group, seen=seen: agreed(group, *seen))  # type: ignore[misc]
        with pytest.raises(RefusedByHttpError, match="mov"):
            moved.post(f"/api/v1/groups/{group}/posts", NOTE)
    weights = [[one["weight"] for one in road.bo.get(f"/api/v1/groups/{group}")["members"]] for group in groups(road)]
    assert weights == [[3000, 1000], [3000, 1000]]
    keys = alpha.act(partial(_keys, group=road.group))
    assert len(keys) == len(set(keys)) == 3


def test_mg_23_who_left_closes_the_account_a_day_later_and_nobody_else_ever_gets_the_name(
    road: Road, visitor: Visits
) -> None:
    beta, browser, stranger = road.beta, visitor(road.beta).sign_in("ada"), visitor(road.beta)
    early = browser.get(PAGE)
    assert "/settings/archive" in early.text
    assert f"{PAGE}/close" not in early.text
    beta.set_clock(DAY_MS + 1000)

    page = browser.sign_in("ada").get(PAGE)
    assert f"{PAGE}/undo" not in page.text
    shown = browser.submit(page, f"{PAGE}/close", handle="ada", asks="true")
    assert shown.path.startswith("/closed/")
    receipt = stranger.get(shown.path)
    assert stranger.says(receipt, CLOSED, host=road.alpha.url.partition("://")[2])
    assert stranger.says(receipt, "On %(day)s this pod asks the servers of your followers to forget your old address.")
    assert stranger.get("/closed/none").status == 404
    assert stranger.get("/@ada").url == f"{road.alpha.url}/@ada"

    assert browser.get("/settings").path.startswith("/sign-in")
    with pytest.raises(RefusedError, match="taken"):
        beta.sign_up("ada")
    assert road.bo.get(f"/api/v1/groups/{road.council}")["name"] == "Council", "bo is in it here"


def said_when_logged(pod: ServedPod, records: int) -> Said | None:
    said = said_by(pod, "ada")
    return said if said.totals["records"].count == records else None


def groups(road: Road) -> tuple[str, str]:
    return road.parish, road.council


async def _keys(deps: Deps, group: RecordId) -> list[str]:
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, group)).state
    return [str(key.did) for key in state.members[1].keys]
