"""The box of an account: made when a copy is asked for, opened by its words alone, and believed in nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.sealed import commitment
from models.decisions.hidden_values import HiddenValue, note_opened, put_hidden
from models.moving.boxes import StoredBox, list_unopened
from models.people.accounts import set_membership
from pod.actions.decisions.hidden_values import sealed_up, value_of
from pod.actions.fediverse.actors import actor_keys, person_path
from pod.actions.groups.founding import sign_up
from pod.actions.moving.sealed_boxes import (
    box_of_account,
    bring_box_up,
    choose_actor_key,
    fits,
    open_kept_box,
    take_values,
)
from pod.actions.moving.taken_copies import bring_up
from pod.actions.posts.records import signed_for, write_for
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.signer import TokenHolder
from protocol.boxes import BoxedValue
from protocol.errors import BadProofError
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, LotShare, Sealed
from protocol.records.drafts import draft
from tests.support.travellers import PodSource, Traveller, a_copy_of, a_second_home, a_traveller, kept_lines
from tests.support.writing import an_id

SECRET = bytes(range(32)).hex()
POLL = an_id("poll")


@pytest.fixture
async def ada(tmp_path: Path) -> AsyncIterator[Traveller]:
    async with a_traveller(tmp_path / "old") as ada:
        yield ada


async def shares(ada: Traveller, group: RecordId) -> RecordId:
    """Ada gives a share of a lot, and her pod keeps its secret."""
    said = LotShare(poll=POLL, commitment=sha256(bytes.fromhex(SECRET)).hexdigest(), round=2, **UNSIGNED)

    async def action(session: AsyncSession) -> RecordId:
        record = await write_for(session, ada.deps, ada.account, group, draft(said))
        kept = sealed_up(ada.deps, record.id, SECRET)
        value = HiddenValue(record.id, ada.account.id, group, POLL, "lot", 2, 0, "", kept, None, 5)
        await put_hidden(session, value)
        return record.id

    return await ada.deps.store.write(action)


async def box_of_hers(ada: Traveller) -> StoredBox:
    await bring_box_up(ada.deps, ada.account)
    box = await box_of_account(ada.deps, ada.account)
    assert box is not None
    return box


async def test_mg_13_a_copy_holds_a_box_that_the_words_open_and_nobody_else(ada: Traveller, tmp_path: Path) -> None:
    group = await ada.founds("Wells")
    share = await shares(ada, group)
    await ada.settles(group)
    await actor_keys(ada.deps, person_path("ada"))
    await box_of_hers(ada)

    async with a_second_home(tmp_path / "new", ada) as (deps, copy):
        assert await bring_up(deps, copy, PodSource(ada)) == []
        others = await sign_up(deps, "bo")
        account = msgspec.structs.replace(ada.account, id=others.account)
        opened = await open_kept_box(deps, account, copy, RecoveryKeys(ada.phrase))
        assert opened is not None
        assert (opened.actor, opened.refused) == (f"{ada.deps.identity.base_url}/u/ada", ())
        async with deps.store.database.read() as session:
            (value,) = await list_unopened(session, account.id, 9)
        assert (value.sealed_id, value_of(deps, value)) == (share, SECRET)
        assert "PRIVATE KEY" in opened.rsa
        assert "PRIVATE KEY" not in repr(opened)
        assert b"PRIVATE" not in b"".join(line.text for line in await kept_lines(deps, copy, "box"))

        with pytest.raises(BadProofError):
            await open_kept_box(deps, account, copy, RecoveryKeys(others.phrase))


async def test_a_box_is_sealed_anew_only_when_that_changes_which_goes_in(ada: Traveller) -> None:
    group = await ada.founds("Wells")
    first = await box_of_hers(ada)
    await ada.writes(group, "The well is dry.")
    assert await box_of_hers(ada) == first
    share = await shares(ada, group)
    second = await box_of_hers(ada)
    assert second.sealed != first.sealed
    await ada.deps.store.write(partial(note_opened, sealed=share, opened_by=share))
    assert (await box_of_hers(ada)).mark == first.mark


async def test_the_actors_key_stays_out_if_the_person_says_so(ada: Traveller) -> None:
    await actor_keys(ada.deps, person_path("ada"))
    await box_of_hers(ada)
    await choose_actor_key(ada.deps, ada.account, kept=False)
    left = await box_of_account(ada.deps, ada.account)
    assert left is not None
    assert left.sealed is None, "what was sealed with the key isn't told any more"

    box = await box_of_hers(ada)
    assert box.sealed is not None
    assert RecoveryKeys(ada.phrase).open_box(box.sealed, ada.own).rsa == ""
    await choose_actor_key(ada.deps, ada.account, kept=True)
    assert (await box_of_hers(ada)).mark != box.mark


async def test_values_of_a_box_are_kept_only_where_a_record_committed_to_them(ada: Traveller) -> None:
    group = await ada.founds("Wells")
    share = await shares(ada, group)
    true = BoxedValue(share, group, POLL, "lot", 2, 0, "", SECRET)
    other = msgspec.structs.replace
    wrong = [
        other(true, value=SECRET[::-1]),
        other(true, value="no hex"),
        other(true, value=7),
        other(true, round=3),
        other(true, poll=an_id("another")),
        other(true, group=ada.own),
        other(true, kind="bets"),
        other(true, salt="ab"),
        other(true, sealed=an_id("nowhere")),
    ]
    copy = await a_copy_of(ada, ada.deps)
    for value in wrong:
        assert await take_values(ada.deps, ada.account, copy, [value]) == (value.sealed,), value
    await ada.deps.store.write(partial(set_membership, account=ada.account.id, group=group, number=2, state="member"))
    assert await take_values(ada.deps, ada.account, copy, [true]) == (share,), "somebody else made the record"
    await ada.deps.store.write(partial(set_membership, account=ada.account.id, group=group, number=1, state="member"))
    assert await take_values(ada.deps, ada.account, copy, [true, true]) == ()


async def test_a_hidden_bet_counts_only_with_its_salt_and_value(ada: Traveller) -> None:
    group = await ada.founds("Wells")
    hidden = commitment(author=1, kind="bets", poll=POLL, salt="5a" * 32, value={"a": 700})
    said = Sealed(poll=POLL, kind="bets", commitment=hidden, **UNSIGNED)
    now = ada.deps.clock()
    signer = TokenHolder(ada.account, decides=True, proved_at=now)
    record = await ada.deps.store.write(
        partial(signed_for, deps=ada.deps, signer=signer, account=ada.account, group=group, said=draft(said))
    )
    true = BoxedValue(record.id, group, POLL, "bets", 1, 4, "5a" * 32, {"a": 700})
    assert fits(true, record)
    assert not fits(msgspec.structs.replace(true, value={"a": 701}), record)
    assert not fits(msgspec.structs.replace(true, salt="5b" * 32), record)
    assert not fits(msgspec.structs.replace(true, value=None), record)
