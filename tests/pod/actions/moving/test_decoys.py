"""A root may name anybody's recovery key: what a stranger founds with it becomes nobody's account by the words."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group
from models.moving.imported_files import MOST_ALIKE, FileCopy, find_file_copies, put_file_copy
from models.moving.kept_copies import insert_copy
from models.people.accounts import load_account_named
from pod.actions.groups import founding
from pod.actions.groups.founding import draw, sign_up
from pod.actions.moving.archive_source import open_archive
from pod.actions.moving.imported_archives import import_archive
from pod.actions.moving.words_opened import MOST_OF_HOST, some_of_each_host
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_person import RecoveryWhereabouts, recover
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.archives import ArchiveRule
from protocol.errors import RefusedError
from protocol.keys import DidKey
from tests.pod.actions.moving.test_imported_archives import QUOTA, a_new_pod, account_named
from tests.support.archives import archive_of
from tests.support.travellers import Traveller, a_traveller
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


async def brought(deps: Deps, person: Traveller, *, name: str = "", sent: bool = False) -> None:
    whole = io.BytesIO((await archive_of(person)).whole)
    await import_archive(deps, open_archive(whole), name=name, quota=QUOTA, sent=sent)


async def put_decoy(session: AsyncSession, recovery: DidKey, number: int) -> None:
    group = an_id(f"decoy {number}")
    copy = await insert_copy(session, group=group, pod="https://m.example", quota=QUOTA, now=number)
    await put_file_copy(session, FileCopy(group, copy, recovery, "", number, None, 2**52))


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


async def test_mg_17_files_of_a_few_people_may_name_one_key_and_whoever_runs_the_pod_takes_more(
    ada: Traveller, deps: Deps
) -> None:
    recovery = DidKey(RecoveryKeys(ada.phrase).dids(0)[0])
    for number in range(MOST_ALIKE):
        await deps.store.write(partial(put_decoy, recovery=recovery, number=number))

    with pytest.raises(RefusedError) as refused:
        await brought(deps, ada, sent=True)
    assert refused.value.refused.rule is ArchiveRule.TOO_MANY_ALIKE
    await brought(deps, ada)
    await brought(deps, ada, sent=True)  # theirs is one of them


async def test_mg_13_a_name_that_is_kept_for_who_came_as_a_file_is_nobody_elses(ada: Traveller, deps: Deps) -> None:
    other = await sign_up(ada.deps, "bo")
    bo = Traveller(ada.deps, await account_named(ada.deps, "bo"))
    await brought(deps, bo)
    await brought(deps, ada, name="zoe")

    async def wished() -> None:
        await sign_up(deps, "zoe")

    async def recovered() -> None:
        await recover(deps, "zoe", RecoveryKeys(other.phrase), [], token=False)

    for taking in (wished, recovered, partial(brought, deps, bo, name="zoe")):
        with pytest.raises(RefusedError) as refused:
            await taking()
        assert refused.value.refused.rule is AccountRule.NAME_TAKEN
    assert (await recover(deps, "zoe", RecoveryKeys(ada.phrase), [], token=False)).personal_group == ada.own


def test_mg_13_a_copy_has_the_pod_send_to_a_few_inboxes_of_a_server() -> None:
    many = {f"https://{host}/u/{number}/inbox" for host in ("a.example", "A.example") for number in range(50)}
    chosen = some_of_each_host({*many, "https://b.example/inbox"})
    assert len(chosen) == MOST_OF_HOST + 1
    assert "https://b.example/inbox" in chosen
