"""What the old pod tells of the names of somebody's groups to the pod to which they move, and when."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.departures import set_departure
from models.moving.grants import Grant, insert_grant
from models.moving.newcomers import (
    Newcomer,
    NewcomerGroup,
    insert_newcomer,
    list_newcomer_groups,
    save_told,
)
from pod.actions.moving import newcomers
from pod.actions.moving.newcomers import learn_names
from pod.actions.moving.switch_freeze import agree
from pod.actions.moving.switch_rehome import DepartingGroup, FrozenAccount, freeze_for
from protocol.records.parts import Home
from tests.pod.actions.moving.test_switch_refusals import KEY, NEW, OTHER, asking
from tests.support.travellers import Traveller, a_traveller
from tests.support.writing import an_id


async def told(ada: Traveller) -> set[str]:
    frozen = await freeze_for(ada.deps, asking(NEW), ada.own, "ada")
    return {one.name for one in frozen.groups} - {""}


async def grants(ada: Traveller, pod: str, *, private: bool) -> None:
    held = ada.account.id, pod, "key", f"{pod}/actor", b"", "personal", private, ada.deps.clock(), None, None, None
    grant = Grant(f"{pod} {private}".encode(), *held)
    await ada.deps.store.write(partial(insert_grant, grant=grant, now=ada.deps.clock()))


async def test_mg_02_no_private_groups_name_is_told_before_the_commit_nor_unless_it_was_ticked(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        await ada.founds("Wells")
        await ada.founds("Affair", "private")
        await grants(ada, NEW, private=True)
        await ada.deps.store.write(partial(agree, deps=ada.deps, account=ada.account, home=Home(NEW, KEY)))
        assert await told(ada) == set(), "a freeze can still be thawed, and then the new pod is nobody's home"

        await ada.deps.store.write(partial(set_departure, account=ada.account.id, item=an_id("handover")))

        assert {"Wells", "Affair"} <= await told(ada)


async def test_mg_02_after_the_commit_a_private_groups_name_is_told_only_where_it_was_ticked(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        await ada.founds("Wells")
        await ada.founds("Affair", "private")
        await grants(ada, NEW, private=False)
        await grants(ada, OTHER, private=True)
        await ada.deps.store.write(partial(agree, deps=ada.deps, account=ada.account, home=Home(NEW, KEY)))
        await told(ada)
        await ada.deps.store.write(partial(set_departure, account=ada.account.id, item=an_id("handover")))

        names = await told(ada)

        assert ("Wells" in names, "Affair" in names) == (True, False)


async def test_mg_02_names_are_learnt_once_the_account_is_here_and_only_of_groups_that_were_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other = an_id("here"), an_id("other")

    async def answer(*_: Any) -> FrozenAccount:
        groups = tuple(DepartingGroup(group, 1, 1, 0, keeps=False, name="Wells\x1b") for group in (here, other))
        return FrozenAccount("", 0, (), groups)

    monkeypatch.setattr(newcomers, "ask_old_pod", answer)
    async with a_traveller(tmp_path) as ada:
        newcomer = Newcomer(ada.own, "https://old.example", "ada", b"", 0, ada.account.id)

        async def comes(session: AsyncSession) -> None:
            await insert_newcomer(session, newcomer)
            await save_told(session, ada.own, "", [NewcomerGroup(here, 1, 1, 0, keeps=False)])

        await ada.deps.store.write(comes)

        await learn_names(ada.deps, newcomer)

        async with ada.deps.store.database.read() as session:
            stored = await list_newcomer_groups(session, ada.own)
        assert [(one.group_id, one.name) for one in stored] == [(here, "Wells")]
