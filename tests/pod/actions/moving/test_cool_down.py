"""An account that came from another pod rests for a week, goes back within a day, and never rests for what stopped."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.newcomers import Newcomer, insert_newcomer, set_arrived
from models.people.accounts import Account, load_account_named
from pod.actions.moving.cool_down import REST_MS, UNDO_MS
from pod.actions.moving.switch_freeze import agree, freeze, stop
from pod.actions.moving.way_back import agree_to_return, begin_return
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.keys import PrivateKey
from protocol.records.parts import Home
from tests.support.rig import ServedPod

OLD, THIRD = (Home(f"https://{name}.example", PrivateKey.from_seed(bytes(32)).did) for name in ("old", "third"))


class Arrived:
    """ada, whose account came here from OLD some time ago."""

    def __init__(self, pod: ServedPod, name: str, ago: int) -> None:
        self.pod, self.name = pod, name
        pod.sign_up(name)
        self.at = pod.act(lambda deps: deps.store.write(lambda session: self._came(session, deps, ago)))

    async def _came(self, session: AsyncSession, deps: Deps, ago: int) -> int:
        account, at = await self.account(session), deps.clock() - ago
        assert account.personal_group is not None
        await insert_newcomer(session, Newcomer(account.personal_group, OLD.pod, self.name, b"", at))
        await set_arrived(session, account.personal_group, account.id, OLD.key, now=at)
        return at

    async def account(self, session: AsyncSession) -> Account:
        account = await load_account_named(session, self.name)
        assert account is not None
        return account

    def moves(self, home: Home) -> str:
        """Agree to move and stop again; what refused it, and until when."""

        async def action(session: AsyncSession, deps: Deps) -> None:
            departure = await agree(session, deps, await self.account(session), home)
            await stop(session, deps, await freeze(session, deps, departure))

        return self._refused(lambda deps: deps.store.write(lambda session: action(session, deps)))

    def goes_back(self) -> str:
        async def act(deps: Deps) -> None:
            async with deps.store.database.read() as session:
                account = await self.account(session)
            await agree_to_return(deps, account)

        return self._refused(act)

    def comes_back(self) -> str:
        async def act(deps: Deps) -> None:
            async with deps.store.database.read() as session:
                account = await self.account(session)
            await begin_return(deps, account)

        return self._refused(act)

    def _refused(self, act: Any) -> str:
        try:
            self.pod.act(act)
        except RefusedError as error:
            told = error.refused
            return f"{told.rule.key} {told.facts.get('moment', '')}".strip()
        return ""


@pytest.mark.parametrize(
    ("days", "to_third", "to_old", "back"),
    [(0, "rests", "", ""), (1, "rests", "rests", "cant_return"), (7, "", "", "cant_return")],
)
def test_mg_18_mg_20_the_rest_ends_after_a_week_and_the_way_back_is_open_for_a_day(
    pod: ServedPod, days: int, to_third: str, to_old: str, back: str
) -> None:
    ada = Arrived(pod, f"ada{days}", days * UNDO_MS)
    end = ada.at + REST_MS

    assert ada.moves(THIRD) == (f"rests {end}" if to_third else "")
    assert ada.moves(OLD) == (f"rests {end}" if to_old else "")
    assert ada.goes_back() == back
    assert ada.comes_back() == "cant_return", "who didn't leave this pod has nothing to undo here"


def test_mg_20_a_move_that_stopped_is_begun_again_at_once(pod: ServedPod) -> None:
    bo = Arrived(pod, "bo", REST_MS)

    assert [bo.moves(home) for home in (THIRD, OLD, THIRD)] == ["", "", ""]
