"""A person who moved goes back within a day: the same account, name, numbers and weights, and fresh keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account, insert_token, load_account_named
from pod.actions.chain.views import load_view
from pod.actions.groups.founding import token_hash
from pod.actions.moving.newcomers import begin
from pod.actions.moving.switch_freeze import agree
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.parts import Home
from tests.support.browsing import Browser
from tests.support.people import agreed, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually
from tests.support.switched import advanced

pytestmark = pytest.mark.slow

PAGE = "/settings/moved"
DAY_MS = 24 * 3600 * 1000
NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}


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
        return [f"{move.standing} {move.why}".strip() for move in (await advanced(deps, self.group)).groups]


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


async def token(deps: Deps) -> str:
    account = await account_of(deps)

    async def action(session: AsyncSession) -> None:
        await insert_token(session, sha256=token_hash("t"), account=account.id, name="t", now=deps.clock())

    await deps.store.write(action)
    return "t"


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


def test_mg_18_who_goes_back_within_a_day_has_the_same_account_with_fresh_keys(road: Road) -> None:
    before = road.alpha.act(account_of)
    moved = Person(road.beta, {**road.ada.account, "token": road.beta.act(token)})
    moved.post(f"/api/v1/groups/{road.council}/posts", NOTE)

    there, here = (Browser(pod).sign_in("ada") for pod in (road.beta, road.alpha))
    offered, left = there.get(PAGE), here.get(PAGE)
    assert "Move back to" in offered.text
    assert "Settled with item" in left.text
    assert "confirmed by member 1" in left.text
    assert "Type the account" in here.submit(left, f"{PAGE}/undo", handle="bo").text
    agreed_there = there.submit(offered, f"{PAGE}/back", handle="ada")
    assert f"{road.alpha.url}{PAGE}" in agreed_there.text
    assert "You are moving back" in here.submit(left, f"{PAGE}/undo", handle="@ada").text
    road.moves(road.alpha)

    assert road.alpha.act(account_of) == before
    for group, people in ((road.parish, 2), (road.council, 2), (str(road.group), 1)):
        road.ada.post(f"/api/v1/groups/{group}/posts", NOTE)
        seen = [road.ada, road.bo][:people]
        eventually(lambda group=group, seen=seen: agreed(group, *seen))  # type: ignore[misc]
        with pytest.raises(RefusedByHttpError, match="mov"):
            moved.post(f"/api/v1/groups/{group}/posts", NOTE)
    weights = [[one["weight"] for one in road.bo.get(f"/api/v1/groups/{group}")["members"]] for group in groups(road)]
    assert weights == [[3000, 1000], [3000, 1000]]
    keys = road.alpha.act(partial(_keys, group=road.group))
    assert len(keys) == len(set(keys)) == 3


def test_mg_23_who_left_closes_the_account_a_day_later_and_nobody_else_ever_gets_the_name(road: Road) -> None:
    early = Browser(road.beta).sign_in("ada").get(PAGE)
    assert "/settings/archive" in early.text
    assert f"{PAGE}/close" not in early.text
    road.beta.set_clock(DAY_MS + 1000)
    browser = Browser(road.beta).sign_in("ada")

    page = browser.get(PAGE)
    assert f"{PAGE}/undo" not in page.text
    shown = browser.submit(page, f"{PAGE}/close", handle="ada", asks="true")
    assert shown.path.startswith("/closed/")
    assert "ask" in Browser(road.beta).get(shown.path).text
    assert Browser(road.beta).get("/closed/none").status == 404

    assert browser.get("/settings").path.startswith("/sign-in")
    with pytest.raises(RefusedError, match="taken"):
        road.beta.sign_up("ada")
    assert road.bo.get(f"/api/v1/groups/{road.council}")["name"] == "Council", "bo is in it here"


def groups(road: Road) -> tuple[str, str]:
    return road.parish, road.council


async def _keys(deps: Deps, group: RecordId) -> list[str]:
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, group)).state
    return [str(key.did) for key in state.members[1].keys]
