"""A root may name anybody's recovery key: what a stranger founds with it becomes nobody's account by the words."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from unittest.mock import AsyncMock

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group, load_item
from models.moving.imported_files import (
    READ,
    WAITING,
    FileCopy,
    Upload,
    find_file_copies,
    load_file_copy,
    put_file_copy,
)
from models.moving.kept_copies import insert_copy, load_copy
from models.moving.moves import Move, insert_move
from models.moving.standing_copies import StandingCopy, find_standing, insert_standing
from models.people.accounts import load_account_named
from pod.actions.chain.views import take_root
from pod.actions.groups import founding
from pod.actions.groups.founding import draw, sign_up
from pod.actions.moving.archive_source import open_archive
from pod.actions.moving.imported_archives import import_archive
from pod.actions.moving.restored_personal import restore_personal
from pod.actions.moving.standing_copies import keep_for_words
from pod.actions.moving.taken_copies import CopyPart, bring_up, take_page
from pod.actions.moving.uploads import read_upload, upload_path
from pod.actions.moving.words_opened import MOST_OF_HOST, some_of_each_host
from pod.actions.recovery import recover_person
from pod.actions.recovery.known_groups import RecoveryWhereabouts
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_person import recover
from pod.actions.recovery.which_person import choices_of
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from protocol.copies import PERSONAL
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.envelope import open_record
from tests.pod.actions.moving.test_imported_archives import QUOTA, a_new_pod, account_named
from tests.support.archives import archive_of
from tests.support.travellers import PodSource, Traveller, a_copy_of, a_traveller
from tests.support.writing import an_id


@pytest.fixture
async def ada(tmp_path: Path) -> AsyncIterator[Traveller]:
    async with a_traveller(tmp_path / "old") as ada:
        yield ada


@pytest.fixture
async def deps(tmp_path: Path) -> AsyncIterator[Deps]:
    async with a_new_pod(tmp_path / "new") as deps:
        yield deps


async def a_decoy(ada: Traveller, monkeypatch: pytest.MonkeyPatch) -> Traveller:
    """Mallory's account, whose personal group names Ada's public recovery key."""
    with monkeypatch.context() as patched:
        dids = RecoveryKeys(ada.phrase).dids(0)
        patched.setattr(founding, "draw", lambda: msgspec.structs.replace(draw(), dids=tuple(dids)))
        await sign_up(ada.deps, "mallory")
    return Traveller(ada.deps, await account_named(ada.deps, "mallory"))


async def brought(deps: Deps, person: Traveller, *, name: str = "") -> FileCopy:
    whole = io.BytesIO((await archive_of(person)).whole)
    return await import_archive(deps, open_archive(whole), name=name, quota=QUOTA)


async def put_decoy(session: AsyncSession, recovery: DidKey, number: int) -> None:
    group = an_id(f"decoy {number}")
    copy = await insert_copy(session, group=group, pod="https://m.example", quota=QUOTA, now=number)
    await put_file_copy(session, FileCopy(group, copy, recovery, "", number, None, 2**52))


async def put_standing_decoy(session: AsyncSession, recovery: DidKey, number: int) -> None:
    copy = await insert_copy(session, an_id(f"decoy {number}"), "https://m.example", quota=QUOTA, now=number)
    await insert_standing(session, StandingCopy(copy, number, recovery=recovery))


async def test_mg_17_of_several_peoples_groups_with_the_words_none_is_taken_but_the_one_that_is_named(
    ada: Traveller, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    mallory = await a_decoy(ada, monkeypatch)
    for person in (ada, mallory):
        await brought(deps, person)
    with pytest.raises(RefusedError) as refused:
        await recover(deps, "ada", RecoveryKeys(ada.phrase), [], token=False)
    assert refused.value.refused.rule is AccountRule.WHICH_PERSON
    assert ada.own in str(refused.value)
    async with deps.store.database.read() as session:
        assert await load_account_named(session, "ada") is None
        assert [await load_group(session, person.own) for person in (ada, mallory)] == [None, None]

    mine = RecoveryWhereabouts(ada.own, ada.deps.identity.base_url)
    for named in ([mine], []):  # once the account is here, it says itself whose it is
        again = await recover(deps, "ada", RecoveryKeys(ada.phrase), named, token=False)
        assert again.personal_group == ada.own
        assert [one["group"] for one in again.memberships] == [ada.own]
        async with deps.store.database.read() as session:
            assert await load_group(session, mallory.own) is None


async def test_mg_17_a_copy_that_is_named_is_found_among_any_number_of_decoys(ada: Traveller, deps: Deps) -> None:
    await brought(deps, ada)
    recovery = DidKey(RecoveryKeys(ada.phrase).dids(0)[0])
    for number in range(25):
        await deps.store.write(partial(put_decoy, recovery=recovery, number=number))
    async with deps.store.database.read() as session:
        assert ada.own not in {one.group_id for one in await find_file_copies(session, [recovery])}, "the newest"
    mine = RecoveryWhereabouts(ada.own, ada.deps.identity.base_url)
    again = await recover(deps, "ada", RecoveryKeys(ada.phrase), [mine], token=False)
    assert again.personal_group == ada.own


async def test_mg_17_a_file_is_taken_however_many_others_name_its_key(ada: Traveller, deps: Deps) -> None:
    recovery = DidKey(RecoveryKeys(ada.phrase).dids(0)[0])
    for number in range(25):
        await deps.store.write(partial(put_decoy, recovery=recovery, number=number))
    path = upload_path(deps, "ada")
    path.parent.mkdir()
    path.write_bytes((await archive_of(ada)).whole)
    noted: list[Upload] = []

    async def note(upload: Upload) -> bool:
        noted.append(upload)
        return True

    await read_upload(deps, Upload(b"", "ada", WAITING, 1), note)
    assert (noted[-1].state, noted[-1].group_id) == (READ, ada.own)
    async with deps.store.database.read() as session:
        copy = await load_file_copy(session, ada.own)
    assert copy is not None
    assert copy.at == noted[-1].at, "the browser is shown drafts of this file and of no other one"


async def test_mg_17_the_only_copy_with_the_words_is_taken_once_its_person_says_so(
    ada: Traveller, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    mallory = await a_decoy(ada, monkeypatch)
    await brought(deps, mallory)

    with pytest.raises(RefusedError) as refused:
        await recover(deps, "ada", RecoveryKeys(ada.phrase), [], token=False)

    assert refused.value.refused.rule is AccountRule.WHICH_PERSON
    (choice,) = await choices_of(deps, refused.value)
    assert (choice.group, choice.name) == (mallory.own, "mallory")
    assert choice.copied_at is not None
    async with deps.store.database.read() as session:
        assert await load_account_named(session, "ada") is None
        assert await load_group(session, mallory.own) is None
    await brought(deps, ada)
    again = await recover(deps, "ada", RecoveryKeys(ada.phrase), [], file=ada.own, token=False)
    assert (again.personal_group, again.unreachable) == (ada.own, [])


async def test_mg_17_who_came_by_a_decoy_names_the_right_group_later(
    ada: Traveller, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    mallory, keys = await a_decoy(ada, monkeypatch), RecoveryKeys(ada.phrase)
    places = [RecoveryWhereabouts(one.own, ada.deps.identity.base_url) for one in (mallory, ada)]
    for person in (ada, mallory):
        await brought(deps, person)
    for named, own in (([places[0]], mallory), (places, mallory), ([places[1]], ada), ([], ada)):
        again = await recover(deps, "ada", keys, named, token=False)
        assert again.personal_group == own.own
        assert [one["group"] for one in again.memberships] == [own.own], "and of the other one nothing is left"
    async with deps.store.database.read() as session:
        given = await load_file_copy(session, ada.own)
    assert given is not None
    assert given.due_at is not None, "the right copy gives what it holds"


async def test_mg_17_who_signed_up_here_stays_who_they_are_whatever_is_named(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    mallory, here = await a_decoy(ada, monkeypatch), ada.deps.identity.base_url
    again = await recover(
        ada.deps, "ada", RecoveryKeys(ada.phrase), [RecoveryWhereabouts(mallory.own, here)], token=False
    )
    assert again.personal_group == ada.own


async def test_mg_17_what_a_person_names_is_fetched_whatever_strangers_copies_lie_here(
    ada: Traveller, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = RecoveryWhereabouts(ada.own, ada.deps.identity.base_url)
    recovery = DidKey(RecoveryKeys(ada.phrase).dids(0)[0])
    for number in range(2):
        await deps.store.write(partial(put_decoy, recovery=recovery, number=number))
    dead = AsyncMock(return_value={ada.own: False})
    monkeypatch.setattr(recover_person, "fetch_concerned", dead)
    with pytest.raises(RefusedError) as refused:
        await recover(deps, "ada", RecoveryKeys(ada.phrase), [mine], token=False)
    assert refused.value.refused.rule is AccountRule.WHICH_PERSON, "what is named gave nothing"
    dead.assert_awaited_once()

    async def fetched(deps: Deps, groups: list[RecoveryWhereabouts], _: RecoveryKeys) -> dict[RecordId, bool]:
        assert groups == [mine]
        file = await brought(deps, ada)
        async with deps.store.database.read() as session:
            copy = await load_copy(session, file.copy_id)
        assert copy is not None
        await restore_personal(deps, copy)
        return {}

    monkeypatch.setattr(recover_person, "fetch_concerned", fetched)
    again = await recover(deps, "ada", RecoveryKeys(ada.phrase), [mine], token=False)
    assert again.personal_group == ada.own


async def test_mg_24_a_second_home_that_is_named_is_found_among_any_number_of_decoys(
    ada: Traveller, deps: Deps
) -> None:
    recovery = DidKey(RecoveryKeys(ada.phrase).dids(0)[0])
    copy = await a_copy_of(ada, deps)
    assert await bring_up(deps, copy, PodSource(ada)) == []
    await keep_for_words(deps, copy, ada.own)
    for number in range(25):
        await deps.store.write(partial(put_standing_decoy, recovery=recovery, number=number))
    async with deps.store.database.read() as session:
        assert copy not in {one.copy_id for one in await find_standing(session, [recovery])}, "the newest"

    mine = RecoveryWhereabouts(ada.own, ada.deps.identity.base_url)
    again = await recover(deps, "ada", RecoveryKeys(ada.phrase), [mine], token=False)

    assert again.personal_group == ada.own
    async with deps.store.database.read() as session:
        given = await load_file_copy(session, ada.own)
        assert given is not None
        assert given.copy_id == copy, "it gives its account what it holds"
        assert len(await find_standing(session, [recovery])) == 20, "others' copies stay what they are"


async def test_mg_13_a_name_that_is_kept_for_who_came_as_a_file_is_nobody_elses(ada: Traveller, deps: Deps) -> None:
    other = await sign_up(ada.deps, "bo")
    bo = Traveller(ada.deps, await account_named(ada.deps, "bo"))
    await brought(deps, bo)
    await brought(deps, ada, name="zoe")

    async def wished() -> None:
        await sign_up(deps, "zoe")

    async def recovered() -> None:
        await recover(deps, "zoe", RecoveryKeys(other.phrase), [], mine=bo.own, token=False)

    for taking in (wished, recovered, partial(brought, deps, bo, name="zoe")):
        with pytest.raises(RefusedError) as refused:
            await taking()
        assert refused.value.refused.rule is AccountRule.NAME_TAKEN
    again = await recover(deps, "zoe", RecoveryKeys(ada.phrase), [], mine=ada.own, token=False)
    assert again.personal_group == ada.own


def test_mg_13_a_copy_has_the_pod_send_to_a_few_inboxes_of_a_server() -> None:
    many = {f"https://{host}/u/{number}/inbox" for host in ("a.example", "A.example") for number in range(50)}
    chosen = some_of_each_host({*many, "https://b.example/inbox"})
    assert len(chosen) == MOST_OF_HOST + 1
    assert "https://b.example/inbox" in chosen


async def test_mg_13_a_wished_name_is_its_persons_by_the_words_where_the_old_pod_died_in_mid_copy(
    ada: Traveller, deps: Deps
) -> None:
    """No other pod has her own group, and the copy isn't whole: a group of hers that is here shows who she is."""
    wells = await ada.founds("Wells")
    async with ada.deps.store.database.read() as session:
        root = await load_item(session, wells)
    assert root is not None
    now = deps.clock()
    await deps.store.write(
        partial(take_root, deps=deps, root=open_record(msgspec.json.decode(root.wire)), local=False, now=now)
    )
    copy = await a_copy_of(ada, deps)
    pod = ada.deps.identity.base_url
    move = Move(b"1", "ada", pod, ada.own, "full", "", "", None, "", now, now, 2**52, name="zoe", copy_id=copy)
    await deps.store.write(partial(insert_move, move=move, instead_of=b"", now=now))

    async def takes_the_name() -> str:
        return (await recover(deps, "zoe", RecoveryKeys(ada.phrase), [], token=False)).name

    with pytest.raises(RefusedError) as refused:
        await takes_the_name()
    assert refused.value.refused.rule is AccountRule.NAME_TAKEN, "nothing in the copy says yet whose it is"
    page = await ada.page(PERSONAL)
    await deps.store.write(partial(take_page, copy=copy, part=CopyPart(PERSONAL), after="", page=page))
    assert await takes_the_name() == "zoe"
