"""An archive becomes a copy: the same bytes, once; and nothing of one that isn't what its person signed."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.moving.imported_files import load_file_copy
from models.moving.kept_copies import COPIES, LINES
from models.people.accounts import Account, Membership, load_account_named, save_membership
from pod.actions.groups.founding import sign_up
from pod.actions.moving import archive_source, copy_classes, returned_copies, taken_copies
from pod.actions.moving.archive_source import ArchiveSource, open_archive
from pod.actions.moving.copy_classes import CopyPage
from pod.actions.moving.imported_archives import import_archive
from pod.actions.moving.returned_copies import outcome_of, return_copy
from pod.actions.moving.returned_records import ReturnedRecords
from pod.actions.posts.posts import erase
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_person import recover
from pod.archive.contents import CLASS_FILES, MANIFEST
from pod.clock import Clock
from pod.deps import Deps
from pod.rules.archives import ArchiveRule
from protocol.canonical import canonical_bytes
from protocol.copies import CLASSES, CopyTally, parse_line
from protocol.errors import RefusedError
from protocol.keys import DidKey, PrivateKey
from protocol.proofs import sign
from protocol.records.envelope import open_record
from protocol.rules.copies import CopyRule
from tests.pod.archive.test_hostile_archives import zipped
from tests.support.archives import Archive, archive_of
from tests.support.sinks import NOON, SetClock, some_parts
from tests.support.tables import copy_tables
from tests.support.travellers import Traveller, a_traveller, fill_each_class, kept_lines
from tests.support.writing import an_id

QUOTA = 10**8


@asynccontextmanager
async def a_new_pod(folder: Path) -> AsyncIterator[Deps]:
    folder.mkdir()  # noqa: ASYNC240  (one folder of a test)
    database = await open_database(copy_tables(folder / "pod.sqlite"), durable=False)
    try:
        async with some_parts(database, folder, Clock()) as deps:
            yield deps
    finally:
        await database.close()


def opened(archive: Archive) -> ArchiveSource:
    return open_archive(io.BytesIO(archive.whole))


async def lived(ada: Traveller, seed: int) -> None:
    """Some life, by chance: posts, an erasure, choices, in groups of each kind."""
    chance = Random(seed)
    groups = [ada.own, await ada.founds("Well"), await ada.founds("Cellar", "private")]
    for _ in range(5):
        group = chance.choice(groups)
        written = await ada.writes(group, f"{chance.random()}", "More.")
        await ada.mutes(group, chance.randrange(5))
        if chance.random() < 0.4:
            await erase(ada.deps, ada.signer, group, written[0], [written[0]])
            await ada.settles(group)


async def counted(deps: Deps) -> tuple[int, int]:
    async def action(session: AsyncSession) -> tuple[int, int]:
        found = [await session.scalar(select(func.count()).select_from(table)) for table in (COPIES, LINES)]
        return found[0] or 0, found[1] or 0

    return await deps.store.write(action)


@pytest.mark.parametrize("seed", [1, 2])
async def test_mg_17_export_import_and_export_give_the_same_bytes(tmp_path: Path, seed: int) -> None:
    async with a_traveller(tmp_path) as ada, a_new_pod(tmp_path / "b") as deps:
        await lived(ada, seed)
        made = await archive_of(ada, private=True)
        for _ in range(2):
            copy = await import_archive(deps, opened(made), quota=QUOTA)
        for path, name in CLASS_FILES.items():
            out = b"".join(line.text + b"\n" for line in await kept_lines(deps, copy.copy_id, name))
            assert out == made.bytes_of(path), name
        assert (await counted(deps))[0] == 1, "twice the same file is one copy"


async def test_mg_17_an_import_that_was_cut_short_goes_on_and_a_later_file_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_traveller(tmp_path) as ada, a_new_pod(tmp_path / "b") as deps:
        await lived(ada, 3)
        earlier = await archive_of(ada)
        await ada.writes(ada.own, "Later.")
        later = await archive_of(ada)
        for module in (archive_source, copy_classes, taken_copies):
            monkeypatch.setattr(module, "ENTRIES", 3)

        async def cut(self: ArchiveSource, name: str, after: str, until: str) -> CopyPage:
            if name == "choices":
                raise ConnectionError
            return await whole(self, name, after, until)

        whole = ArchiveSource.page
        with monkeypatch.context() as patched:
            patched.setattr(ArchiveSource, "page", cut)
            with pytest.raises(ConnectionError):
                await import_archive(deps, opened(earlier), quota=QUOTA)
        copy = await import_archive(deps, opened(earlier), quota=QUOTA)
        assert await import_archive(deps, opened(later), quota=QUOTA) != copy
        for name in CLASSES:
            assert await kept_lines(deps, copy.copy_id, name) == await ada.lines(name), name
        with pytest.raises(RefusedError) as refused:
            await import_archive(deps, opened(earlier), quota=QUOTA)
        assert refused.value.refused.rule is ArchiveRule.OLDER


async def test_mg_17_of_two_files_of_one_person_the_longer_chain_counts_whatever_their_clocks_say(
    tmp_path: Path,
) -> None:
    """A pod that was left, or broken into, says what time it likes."""
    clock = SetClock(Clock()() - 7_200_000)
    async with a_traveller(tmp_path, clock=clock) as ada, a_new_pod(tmp_path / "b") as deps:
        await ada.writes(ada.own, "First.")
        clock.ms += 3_600_000
        shorter = await archive_of(ada)
        clock.ms -= 3_600_000
        await ada.writes(ada.own, "Second.")
        longer = await archive_of(ada)
        assert opened(shorter).told.at > opened(longer).told.at
        before = await import_archive(deps, opened(shorter), quota=QUOTA)
        after = await import_archive(deps, opened(longer), quota=QUOTA)
        assert after.place > before.place
        with pytest.raises(RefusedError) as refused:
            await import_archive(deps, opened(shorter), quota=QUOTA)
        assert refused.value.refused.rule is ArchiveRule.OLDER


async def test_a_file_of_tomorrow_is_refused_because_nothing_could_take_its_place(tmp_path: Path) -> None:
    async with a_traveller(tmp_path, clock=SetClock(NOON)) as ada, a_new_pod(tmp_path / "b") as deps:
        ada.deps.clock.ms = deps.clock() + 2 * 86_400_000  # type: ignore[attr-defined]
        with pytest.raises(RefusedError) as refused:
            await import_archive(deps, opened(await archive_of(ada)), quota=QUOTA)
        assert refused.value.refused.rule is ArchiveRule.NOT_YET


async def made_of(tmp_path: Path) -> Archive:
    async with a_traveller(tmp_path) as ada:
        await ada.writes(await ada.founds("Well"), "Dry.")
        await ada.writes(ada.own, "Mine.")
        return await archive_of(ada)


def told(rows: list[bytes], name: str, body: dict[str, Any]) -> dict[str, Any]:
    """The manifest, with the total that these lines of a class have."""
    total = CopyTally().add([parse_line(row) for row in rows]).total()
    return {**body, "classes": {**body["classes"], name: msgspec.to_builtins(total)}}


async def test_mg_08_a_flipped_byte_in_any_class_is_named_nothing_is_stored_and_the_whole_file_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(4)
    async with a_traveller(tmp_path) as ada, a_new_pod(tmp_path / "b") as deps:
        await fill_each_class(ada, monkeypatch)
        made = await archive_of(ada)
        for name in [*CLASS_FILES, MANIFEST, "SHA256SUMS"]:
            whole = made.bytes_of(name)
            for place in chance.sample(range(len(whole)), 6):
                changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
                files = {other: made.bytes_of(other) for other in made.names} | {name: changed}
                with pytest.raises(RefusedError) as refused:
                    await import_archive(deps, open_archive(io.BytesIO(zipped(files))), quota=QUOTA)
                facts = refused.value.refused.facts
                if name in CLASS_FILES and refused.value.refused.rule is ArchiveRule.DAMAGED_LINE:
                    assert facts == {"name": name, "line": whole[:place].count(b"\n") + 1}
                elif name != "SHA256SUMS":
                    assert facts["name"] == name
        assert await counted(deps) == (0, 0)
        copy = await import_archive(deps, opened(made), quota=QUOTA)
        for name in CLASSES:
            assert await kept_lines(deps, copy.copy_id, name) == await ada.lines(name), name


async def test_a_manifest_by_another_key_is_refused_whatever_else_fits(tmp_path: Path) -> None:
    made, stranger = await made_of(tmp_path), PrivateKey.from_seed(b"m" * 32)
    body = {name: value for name, value in made.json(MANIFEST).items() if name != "proof"}
    files = {name: made.bytes_of(name) for name in made.names if name != "SHA256SUMS"}
    unsigned = canonical_bytes(body)
    signed = canonical_bytes(sign(body, stranger))
    for manifest in (unsigned, signed):
        with pytest.raises(RefusedError) as refused:
            open_archive(io.BytesIO(zipped({**files, MANIFEST: manifest})))
        assert refused.value.refused.rule is ArchiveRule.NOT_SIGNED_BY_THEM


async def test_a_personal_group_that_doesnt_hold_names_its_line(tmp_path: Path) -> None:
    """Each line left out, and each pair turned: the chain, the log, or what confirms them doesn't follow any more."""
    made = await made_of(tmp_path)
    path = "classes/personal.jsonl"
    rows = made.bytes_of(path).splitlines()
    body = made.json(MANIFEST)
    files = {name: made.bytes_of(name) for name in made.names if name != "SHA256SUMS"}
    acks = [place for place, row in enumerate(rows) if b'"kind":"ack"' in row]
    for place in range(len(rows)):
        fewer = rows[:place] + rows[place + 1 :]
        manifest = canonical_bytes(told(fewer, "personal", body))
        changed = {**files, path: b"".join(row + b"\n" for row in fewer), MANIFEST: manifest}
        with pytest.raises(RefusedError) as refused:
            open_archive(io.BytesIO(zipped(changed)))
        if place in acks[:-1]:
            # An ack that a later one outdoes isn't missed; the manifest's signature is.
            assert refused.value.refused.rule is ArchiveRule.NOT_SIGNED_BY_THEM
        else:
            assert refused.value.refused.rule in (CopyRule.OTHER_LINE, CopyRule.NOT_SETTLED)


async def test_what_stands_as_erased_in_a_file_was_erased_by_its_author(tmp_path: Path) -> None:
    """Else the pod that made the file, which holds the key, could hide that somebody wrote."""
    made = await made_of(tmp_path)
    path = "classes/personal.jsonl"
    rows = made.bytes_of(path).splitlines()
    place = next(place for place, row in enumerate(rows) if b'"type":"Post"' in row)
    line = msgspec.json.decode(rows[place])
    post = open_record(line["record"])
    said = {name: line["record"][name] for name in ("type", "group", "author", "key", "counter")}
    shape = {**said, "id": post.id, "erased": True, "post": post.id, "afters": [{}]}
    rows[place] = canonical_bytes({**line, "record": shape})
    files = {name: made.bytes_of(name) for name in made.names if name != "SHA256SUMS"}
    manifest = canonical_bytes(told(rows, "personal", made.json(MANIFEST)))
    with pytest.raises(RefusedError) as refused:
        open_archive(io.BytesIO(zipped({**files, path: b"".join(row + b"\n" for row in rows), MANIFEST: manifest})))
    assert refused.value.refused.rule is CopyRule.NOT_SETTLED


async def test_a_group_with_another_past_here_is_no_copy(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        source = opened(await archive_of(ada))
        source.state = msgspec.structs.replace(source.state, head=await ada.founds("Well"))
        with pytest.raises(RefusedError) as refused:
            await import_archive(ada.deps, source, quota=QUOTA)
        assert refused.value.refused.rule is ArchiveRule.OTHER_HISTORY
        assert await counted(ada.deps) == (0, 0)


async def test_mg_17_after_a_switch_alone_the_account_is_what_the_file_held(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada, a_new_pod(tmp_path / "b") as deps:
        phrase = (await sign_up(ada.deps, "eva")).phrase
        eva = Traveller(ada.deps, await account_named(ada.deps, "eva"))
        await lived(eva, 5)
        held = {name: await eva.lines(name) for name in CLASSES}
        copy = await import_archive(deps, opened(await archive_of(eva)), quota=QUOTA)

        again = await recover(deps, "eva", RecoveryKeys(phrase), [], mine=eva.own, token=False)
        assert again.personal_group == eva.own
        home = Traveller(deps, await account_named(deps, "eva"))
        await home.settles(eva.own)
        async with deps.store.database.read() as session:
            due = await load_file_copy(session, copy.group_id)
        assert due is not None
        await return_copy(deps, due)

        assert await home.lines("choices") == held["choices"]
        now = await home.lines("personal")
        assert now[: len(held["personal"])] == held["personal"], "the recovery follows what the file held"
        told = await outcome_of(deps, home.account)
        assert told is not None
        said = [line for line in held["records"] if b'"erased":true' not in line.text]
        assert (told.failed, told.records.returned, told.records.lost) == (0, 0, len(said))
        assert {one.code for one in told.records.named} <= {""}, "groups that only the dead pod had"
        posts = [one for one in told.records.named if one.kind == "Post"]
        assert {one.words.partition(".")[0] for one in posts} == {"0", "More"}, "how each text begins"
        assert all(one.at for one in posts)


async def test_mg_17_records_are_offered_again_only_once_another_group_came_and_add_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = iter([ReturnedRecords(known=1, returned=3), ReturnedRecords(known=4, returned=2)])

    async def offered(*_: Any) -> ReturnedRecords:
        return next(rounds)

    monkeypatch.setattr(returned_copies, "return_records", offered)
    async with a_traveller(tmp_path) as ada, a_new_pod(tmp_path / "b") as deps:
        copy = await import_archive(deps, opened(await archive_of(ada)), quota=QUOTA)
        await recover(deps, "ada", RecoveryKeys(ada.phrase), [], mine=ada.own, token=False)
        home = Traveller(deps, await account_named(deps, "ada"))
        await home.settles(ada.own)
        coming = Membership(home.account.id, copy.group_id, None, DidKey("did:key:z6MkA"), "", 0, 0, 0, "moving")
        for group, state in (("x", "moving"), ("x", "moving"), ("x", "member"), ("x", "member")):
            member = msgspec.structs.replace(coming, group_id=an_id(group), state=state)
            await deps.store.write(partial(save_membership, membership=member))
            async with deps.store.database.read() as session:
                due = await load_file_copy(session, copy.group_id)
            assert due is not None
            await return_copy(deps, due)
        told = await outcome_of(deps, home.account)
        assert told is not None
        assert (told.records.known, told.records.returned) == (1, 5)


async def account_named(deps: Deps, name: str) -> Account:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    assert account is not None
    return account
