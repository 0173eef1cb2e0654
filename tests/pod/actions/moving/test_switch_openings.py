"""What somebody sealed in polls comes along: to their new home alone, once they are there, and only what fits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.hidden_values import HIDDEN_VALUES, HiddenValue, put_hidden
from models.moving.boxes import list_unopened
from models.moving.departures import set_departure
from models.moving.newcomers import Newcomer
from models.people.accounts import set_membership
from pod.actions.decisions.hidden_values import sealed_up, value_of
from pod.actions.moving import switch_openings
from pod.actions.moving.switch_freeze import agree
from pod.actions.moving.switch_openings import OpeningsPage, OpeningsWish, openings_for, take_openings
from pod.actions.posts.records import write_for
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, LotShare
from protocol.records.drafts import draft
from protocol.records.parts import Home
from tests.pod.actions.moving.test_switch_refusals import KEY, NEW, OTHER, asking
from tests.support.travellers import Traveller, a_traveller
from tests.support.writing import an_id


@pytest.fixture
async def ada(tmp_path: Path) -> AsyncIterator[Traveller]:
    async with a_traveller(tmp_path) as ada:
        yield ada


async def shares(ada: Traveller, group: RecordId, byte: int) -> RecordId:
    """Ada gives a share of a lot, of which her pod keeps the secret."""
    secret, poll = bytes([byte] * 32), an_id(f"poll {byte}")
    said = LotShare(poll=poll, commitment=sha256(secret).hexdigest(), round=2, **UNSIGNED)

    async def action(session: AsyncSession) -> RecordId:
        record = await write_for(session, ada.deps, ada.account, group, draft(said))
        kept = sealed_up(ada.deps, record.id, secret.hex())
        value = HiddenValue(record.id, ada.account.id, group, poll, "lot", 2, 0, "", kept, None, 5)
        await put_hidden(session, value)
        return record.id

    return await ada.deps.store.write(action)


async def refused(step: Awaitable[object]) -> str:
    with pytest.raises(RefusedError) as refusal:
        await step
    return str(refusal.value.refused.rule.key)


async def moves(ada: Traveller, *, committed: bool) -> None:
    home = Home(NEW, KEY)
    if committed:
        await ada.deps.store.write(partial(set_departure, account=ada.account.id, item=an_id("handover")))
    else:
        await ada.deps.store.write(partial(agree, deps=ada.deps, account=ada.account, home=home))


async def set_there(ada: Traveller, group: RecordId, **values: Any) -> None:
    await ada.deps.store.write(partial(set_membership, account=ada.account.id, group=group, **values))


async def told(ada: Traveller, pod: str = NEW, after: str = "") -> OpeningsPage:
    return await openings_for(ada.deps, asking(pod), ada.own, OpeningsWish(after))


async def test_mg_02_sealed_values_go_to_the_new_home_alone_and_only_of_groups_that_moved(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, staying = await ada.founds("Wells"), await ada.founds("Mill")
    ids = sorted([await shares(ada, moved, byte) for byte in (1, 2, 3)])
    await shares(ada, staying, 4)
    assert await refused(told(ada)) == "not_agreed"
    await moves(ada, committed=False)
    assert await refused(told(ada)) == "not_committed"
    await moves(ada, committed=True)
    assert await refused(told(ada, OTHER)) == "not_agreed"
    assert await told(ada) == OpeningsPage(())

    await set_there(ada, moved, state="moved", number=None)

    monkeypatch.setattr(switch_openings, "AT_ONCE", 2)
    first = await told(ada)
    rest = await told(ada, after=first.next or "")
    assert ([value.sealed for value in first.values], first.next) == (ids[:2], ids[1])
    assert ([value.sealed for value in rest.values], rest.next) == (ids[2:], None)


async def test_mg_02_the_new_pod_keeps_the_values_that_fit_and_opens_them_itself(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await ada.founds("Wells")
    ids = sorted([await shares(ada, group, byte) for byte in (1, 2, 3)])
    for committed in (False, True):
        await moves(ada, committed=committed)
    await set_there(ada, group, state="moved", number=None)
    monkeypatch.setattr(switch_openings, "AT_ONCE", 2)
    pages = [await told(ada), await told(ada, after=ids[1])]
    secrets = {value.sealed: value.value for page in pages for value in page.values}
    # From here on this pod plays the new one: it has the records and the membership, and none of the values.
    await set_there(ada, group, state="member", number=1)
    await ada.deps.store.write(lambda session: session.execute(delete(HIDDEN_VALUES)))
    newcomer = Newcomer(ada.own, "https://old.example", "ada", b"", 0, ada.account.id)

    async def answered(_: object, __: object, ___: str, wish: OpeningsWish, ____: object) -> OpeningsPage:
        return pages[1] if wish.after else pages[0]

    monkeypatch.setattr(switch_openings, "ask_old_pod", answered)
    for _ in range(2):  # asked for again, it changes nothing
        assert await take_openings(ada.deps, newcomer, ada.account) == ()
    async with ada.deps.store.database.read() as session:
        kept = await list_unopened(session, ada.account.id, 9)
    assert {one.sealed_id: value_of(ada.deps, one) for one in kept} == secrets

    pages[1] = OpeningsPage(pages[0].values)
    assert await refused(take_openings(ada.deps, newcomer, ada.account)) == "other_answer"
