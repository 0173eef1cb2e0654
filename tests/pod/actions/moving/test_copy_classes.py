"""An account read out as a copy holds it: what stands in which class, in which order, and who vouches for it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.people.subscriptions import Following, save_following
from pod.actions.chain.door import append
from pod.actions.chain.views import load_view
from pod.actions.moving import copy_classes
from pod.actions.moving.copy_classes import class_total, read_marks, signed_manifest
from protocol import copies
from protocol.copies import CLASSES, CopyLine, CopyTally, parse_line, parse_manifest
from protocol.errors import NotAuthorError, RefusedError, TooLargeError
from protocol.keys import PrivateKey
from protocol.log import leaf_hash, root_of
from protocol.proofs import sign
from protocol.records.chain import Ack, GroupRoot, Seal
from protocol.records.content import Post, Vote
from protocol.records.envelope import open_record
from tests.support.travellers import Traveller, a_traveller
from tests.support.writing import an_id


def read(lines: Iterable[CopyLine]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line.text) for line in lines]


async def marks_of(ada: Traveller) -> dict[str, str]:
    async with ada.deps.store.database.read() as session:
        return await read_marks(session, ada.deps, ada.account)


async def manifest_of(ada: Traveller) -> dict[str, Any]:
    async with ada.deps.store.database.read() as session:
        return await signed_manifest(session, ada.deps, ada.account, now=ada.deps.clock())


async def test_a_personal_group_is_read_out_as_its_chain_acks_and_log_stand(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        posts = await ada.writes(ada.own, "One.", "Two.")
        posts += await ada.writes(ada.own, "Three.")
        lines = await ada.lines("personal")
    records = [open_record(line["record"]) for line in read(lines)]
    kinds = [GroupRoot, Post, Vote, Post, Vote, Seal, Ack, Post, Vote, Seal, Ack]
    assert [type(record.content) for record in records] == kinds
    entries = [record.id for record in records if isinstance(record.content, Post | Vote)]
    assert entries[::2] == posts
    (*_, last) = [record.content for record in records if isinstance(record.content, Seal)]
    assert (last.log.size, last.log.root) == (len(entries), root_of(map(leaf_hash, entries)).hex())
    assert [parse_line(line.text) for line in lines] == lines


async def test_what_isnt_settled_is_in_no_copy_yet(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        before = await ada.lines("personal")
        await ada.writes(ada.own, "One.")
        settled = await ada.lines("personal")
        assert settled[: len(before)] == before
        await ada.says(ada.own, "Two.")
        assert await ada.lines("personal") == settled


async def test_reading_goes_on_after_any_line_and_a_page_holds_no_more_than_its_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_traveller(tmp_path) as ada:
        groups = [await ada.founds(name) for name in ("Well", "Mill")]
        for group in (ada.own, *groups):
            await ada.writes(group, "One.", "Two.")
            await ada.mutes(group, 7)
        for name in CLASSES:
            whole = await ada.lines(name)
            for place, line in enumerate(whole):
                assert (await ada.page(name, line.key)).lines == tuple(whole[place + 1 :])
            monkeypatch.setattr(copy_classes, "ENTRIES", 3)
            assert await ada.lines(name) == whole
            assert len((await ada.page(name)).lines) <= 3
            monkeypatch.undo()


async def test_own_records_come_group_by_group_and_those_of_private_groups_only_if_wished(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        public, private = await ada.founds("Well"), await ada.founds("Cellar", "private")
        for group in (public, private):
            await ada.writes(group, "One.")
        open_lines, all_lines = await ada.lines("records"), await ada.lines("records", private=True)
    assert {line["record"]["group"] for line in read(open_lines)} == {public}
    assert [line["record"]["group"] for line in read(all_lines)] == sorted([public] * 2 + [private] * 2)


async def test_mg_15_choices_in_private_groups_are_told_only_if_wished_in_marks_too(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        public, private = await ada.founds("Well"), await ada.founds("Cellar", "private")
        await ada.mutes(public, 3)
        before, marks = await ada.lines("choices"), await marks_of(ada)
        await ada.mutes(private, 3)
        assert (await ada.lines("choices"), await marks_of(ada)) == (before, marks)
        muted = [line["group"] for line in read(await ada.lines("choices", private=True)) if "member" in line]
        assert sorted(muted) == sorted([public, private])
        async with ada.deps.store.database.read() as session:
            few = await read_marks(session, ada.deps, ada.account, names=("choices",))
        assert few == {"choices": marks["choices"]}, "a class that wasn't granted isn't read"


async def test_a_manifest_tells_each_class_and_is_signed_by_the_persons_present_key(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        await ada.writes(ada.own, "One.")
        body = await manifest_of(ada)
        lines = {name: await ada.lines(name) for name in CLASSES}
        async with ada.deps.store.database.read() as session:
            state = (await load_view(session, ada.deps, ada.own)).state
            alone = await class_total(session, ada.deps, ada.account, "personal")
    manifest = parse_manifest(body, state)
    assert (manifest.group, manifest.pod) == (ada.own, ada.deps.identity.base_url)
    assert manifest.classes == {name: CopyTally().add(lines[name]).total() for name in CLASSES}
    assert manifest.classes["personal"] == alone
    unsigned = {name: value for name, value in body.items() if name != "proof"}
    for forged in (
        sign(unsigned, PrivateKey.from_seed(bytes(32))),
        {**body, "at": body["at"] + 1},
        {**body, "group": an_id("other")},
        {**body, "more": 1},
        {**body, "classes": {"personal": {"count": 1}}},
    ):
        with pytest.raises(RefusedError):
            parse_manifest(forged, state)


async def test_a_class_of_too_many_lines_is_read_no_further_and_the_line_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_traveller(tmp_path) as ada:
        await ada.writes(ada.own, "One.")
        monkeypatch.setattr(copies, "MAX_LINES", 3)
        monkeypatch.setattr(copy_classes, "ENTRIES", 2)
        fourth = (await ada.lines("personal"))[3].key
        async with ada.deps.store.database.read() as session:
            with pytest.raises(TooLargeError) as refused:
                await class_total(session, ada.deps, ada.account, "personal")
    assert refused.value.refused.facts["key"] == fourth


async def test_the_door_refuses_a_manifest_because_it_has_no_author(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        record = open_record(await manifest_of(ada))
        with pytest.raises(NotAuthorError):
            await ada.deps.store.write(partial(append, deps=ada.deps, record=record, origin="", now=ada.deps.clock()))


async def test_rows_are_told_without_what_belongs_to_this_pod_alone(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        group, other = await ada.founds("Well"), an_id("followed")
        await ada.mutes(group, 3)
        follow = Following(ada.account.id, other, lens=True, since_at=5)
        await ada.deps.store.write(partial(save_following, following=follow))
        lines = {name: read(await ada.lines(name)) for name in ("memberships", "follows", "choices", "actor")}
    pods = [ada.deps.identity.base_url]
    (own,) = [line for line in lines["memberships"] if line["group"] == group]
    signing = own.pop("signing")
    assert signing.startswith("did:key:")
    assert own == {
        "key": f"membership/{group}",
        "kind": "membership",
        "group": group,
        "number": 1,
        "state": "member",
        "key_index": 0,
        "recovery_index": 1,
        "visibility": "public",
        "pods": pods,
    }
    assert lines["follows"] == [
        {"key": f"following/{other}", "kind": "following", "group": other, "lens": True, "since_at": 5}
    ]
    mute, settings = lines["choices"]
    assert (mute["group"], mute["member"]) == (group, 3)
    assert settings == {"key": "settings", "kind": "settings", "language": "", "digest": True, "calls": True}
    (actor,) = lines["actor"]
    assert (actor["id"], actor["name"]) == (f"{pods[0]}/u/ada", "ada")
