"""A verified copy becomes the account at the new pod: the same lines again, within bounds, whatever kills it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from itertools import count
from typing import Any, Final

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.former_actors import list_former_actors
from models.moving.kept_copies import LineSpan, insert_copy, replace_lines
from models.moving.newcomers import Newcomer, insert_newcomer, set_arrived
from models.moving.unfolded_lines import LINE, MEMBERS, UnfoldedLine, insert_unfolded_lines
from models.people.accounts import insert_account, load_account, set_frozen, set_language, set_personal_group
from models.people.digests import Digest, save_digest
from models.people.own_calls import choose_call_mails
from models.people.subscriptions import delete_following
from models.schema import METADATA
from pod.actions.moving import copy_classes, taken_copies, unfolded_copy, unfolded_rows
from pod.actions.moving.unfolded_copy import FailedRow, unfold_copy
from pod.deps import Deps
from protocol.canonical import canonical_bytes
from protocol.copies import CopyLine, line
from protocol.errors import RefusedError
from protocol.ids import RecordId
from tests.support.travellers import Traveller, a_second_home, a_traveller
from tests.support.writing import an_id

OLD: Final = "https://old.example"
UNFOLDED: Final = ("choices", "follows", "memberships")
GROUPS: Final = [an_id(f"group {number}") for number in range(6)]
_numbers: Final = count(1)


class Pair:
    """Two pods, of which one has accounts whose copies the other takes in; each account is a new one."""

    def __init__(self, runner: asyncio.Runner, old: Deps, new: Deps) -> None:
        self.runner = runner
        self.old = old
        self.new = new


async def an_account(deps: Deps, own: RecordId) -> Traveller:
    async def action(session: AsyncSession) -> int:
        number = await insert_account(session, name=f"ada{next(_numbers)}", seed_sealed=b"", now=deps.clock())
        await set_personal_group(session, number, own)
        return number

    number = await deps.store.write(action)
    async with deps.store.database.read() as session:
        account = await load_account(session, number)
    assert account is not None
    return Traveller(deps, account)


async def a_copy(deps: Deps, own: RecordId, lines: Mapping[str, Sequence[CopyLine]]) -> int:
    async def action(session: AsyncSession) -> int:
        copy = await insert_copy(session, own, OLD, quota=10**9, now=deps.clock())
        for name, some in lines.items():
            await replace_lines(session, LineSpan(copy, name), sorted(some, key=lambda one: one.key))
        return copy

    return await deps.store.write(action)


async def unfolded(deps: Deps, **lines: Sequence[CopyLine]) -> tuple[Traveller, tuple[FailedRow, ...]]:
    """An account with these lines of a copy, and what couldn't be written."""
    own = an_id(f"own {next(_numbers)}")
    ada = await an_account(deps, own)
    return ada, await unfold_copy(deps, ada.account.id, await a_copy(deps, own, lines))


async def came_by_switch(ada: Traveller) -> None:
    async def action(session: AsyncSession) -> None:
        await insert_newcomer(session, Newcomer(ada.own, OLD, ada.account.name, b"", 0))
        await set_arrived(session, ada.own, ada.account.id, None, now=0)

    await ada.deps.store.write(action)


def in_pages_of(lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (copy_classes, taken_copies):
        monkeypatch.setattr(module, "ENTRIES", lines)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")

    async def begin(stack: AsyncExitStack) -> tuple[Deps, Deps]:
        ada = await stack.enter_async_context(a_traveller(folder))
        new, _ = await stack.enter_async_context(a_second_home(folder / "b", ada))
        return ada.deps, new

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield Pair(runner, *runner.run(begin(stack)))
        runner.run(stack.aclose())


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=8)
times = st.integers(0, 2**53 - 1)
places = st.sampled_from(GROUPS)
urls = st.builds("https://{}.example/{}".format, st.sampled_from("abc"), words)
TABLES: Final = {
    "followings": st.fixed_dictionaries({"group_id": places, "lens": st.booleans(), "since_at": times}),
    "followers": st.fixed_dictionaries(
        {"actor": urls, "inbox": urls, "at": times, "follow": st.just(""), "since_seq": st.just(0)}
    ),
    "readers": st.fixed_dictionaries({"pod": urls, "at": times}),
    "blocks": st.fixed_dictionaries({"group_id": places, "member": times, "created_at": times}),
    "decision_subscriptions": st.one_of(
        st.fixed_dictionaries({"group_id": places, "kind": st.just("area"), "what": words}),
        st.fixed_dictionaries({"group_id": places, "kind": st.just("delegate"), "what": st.just("7")}),
        st.fixed_dictionaries({"group_id": places, "kind": st.just("poll"), "what": places}),
    ),
    "poll_drafts": st.fixed_dictionaries(
        {
            "id": st.from_regex(r"[A-Za-z0-9_-]{1,16}", fullmatch=True),
            "group_id": places,
            "saved_at": times,
            "said": st.builds(lambda title: msgspec.json.encode({"title": title}), words),
        }
    ),
    "wanted_claims": st.fixed_dictionaries({"group_id": places}),
    "memberships": st.fixed_dictionaries(
        {
            "group_id": places,
            "number": st.none() | times,
            "signing": words,
            "context": st.just(""),
            "key_index": times,
            "recovery_index": times,
            "counter": st.just(0),
            "state": st.sampled_from(["asked", "member", "moving", "moved"]),
        }
    ),
}
rows = st.fixed_dictionaries({name: st.lists(some, max_size=3) for name, some in TABLES.items()})
chosen = st.fixed_dictionaries(
    {
        "language": st.sampled_from(["", "en", "sv"]),
        "frozen_at": st.none() | times,
        "hour": st.none() | st.integers(0, 23),
        "digest": st.booleans(),
        "calls": st.booleans(),
    }
)
tomorrow = st.dictionaries(st.sampled_from(["stripes", "spots"]), st.integers(0, 9), min_size=1)


async def put_rows(session: AsyncSession, ada: Traveller, rows: Mapping[str, Any], chosen: Mapping[str, Any]) -> None:
    account = ada.account.id
    owners: dict[str, dict[str, Any]] = {
        "followers": {"path": f"u/{ada.account.name}"},
        "readers": {"group_id": ada.own},
    }
    for name, some in rows.items():
        for row in some:
            whole = {**row, **owners.get(name, {"account_id": account})}
            if name == "poll_drafts":  # their numbers are one pod's
                whole["id"] = f"{next(_numbers)}-{row['id']}"
            await session.execute(insert(METADATA.tables[name]).prefix_with("OR REPLACE").values(whole))
    await set_language(session, account, chosen["language"])
    await set_frozen(session, account, at=chosen["frozen_at"])
    if chosen["hour"] is not None:
        await save_digest(session, Digest(account, chosen["hour"], 0, 1 if chosen["digest"] else None))
    await choose_call_mails(session, account, wanted=chosen["calls"])


async def put_tomorrows(session: AsyncSession, ada: Traveller, more: Mapping[str, Any]) -> None:
    """Lines of a kind of tomorrow in each class, and members of tomorrow in each line that there is."""
    for name in UNFOLDED:
        own = [line(f"{kind}zebra", kind, **more) for kind in ("a", "m", "zz")]
        lines = [UnfoldedLine(ada.account.id, name, LINE, one.key, one.text) for one in own]
        there = await ada.lines(name)
        lines += [UnfoldedLine(ada.account.id, name, MEMBERS, one.key, canonical_bytes(dict(more))) for one in there]
        await insert_unfolded_lines(session, lines)


@pytest.mark.parametrize(
    ("by_switch", "here", "said", "then"), [(1, 5, None, 5), (1, 5, 7, 5), (1, None, 7, 7), (0, None, 7, None)]
)
def test_mg_22_a_copy_never_opens_what_is_frozen_here_and_freezes_only_what_its_switch_opened(
    pair: Pair, by_switch: int, here: int | None, said: int | None, then: int | None
) -> None:
    async def check() -> None:
        ada = await an_account(pair.new, an_id(f"own {next(_numbers)}"))
        if by_switch:
            await came_by_switch(ada)
        await pair.new.store.write(lambda session: set_frozen(session, ada.account.id, at=here))
        told = {"language": "", "digest": False, "calls": True} | ({"frozen_at": said} if said else {})
        copy = await a_copy(pair.new, ada.own, {"choices": [line("settings", "settings", **told)]})
        assert await unfold_copy(pair.new, ada.account.id, copy) == ()
        assert (await again(ada)).account.frozen_at == then

    pair.runner.run(check())


def test_an_account_of_any_rows_is_written_out_at_the_new_pod_as_the_same_bytes(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_pages_of(4, monkeypatch)

    async def check(rows: dict[str, Any], chosen: dict[str, Any], more: dict[str, Any]) -> None:
        old = await an_account(pair.old, an_id(f"own {next(_numbers)}"))
        await pair.old.store.write(lambda session: put_rows(session, old, rows, chosen))
        if more:
            await pair.old.store.write(lambda session: put_tomorrows(session, old, more))
        lines = {name: await old.lines(name) for name in UNFOLDED}
        new = await an_account(pair.new, old.own)
        await came_by_switch(new)
        copy = await a_copy(pair.new, old.own, lines)
        assert await unfold_copy(pair.new, new.account.id, copy) == ()
        new = await again(new)
        for name in UNFOLDED:
            assert [one.text for one in await new.lines(name)] == [one.text for one in lines[name]], name

    @given(rows, chosen, st.just({}) | tomorrow)
    @settings(max_examples=12, phases=[Phase.explicit, Phase.generate])
    def each(rows: dict[str, Any], chosen: dict[str, Any], more: dict[str, Any]) -> None:
        pair.runner.run(check(rows, chosen, more))

    each()


async def again(ada: Traveller) -> Traveller:
    async with ada.deps.store.database.read() as session:
        account = await load_account(session, ada.account.id)
    assert account is not None
    return Traveller(ada.deps, account)


def test_mg_02_what_the_account_was_elsewhere_is_kept_as_its_former_addresses(pair: Pair) -> None:
    async def check() -> None:
        before = actor_line(former=["https://older.example/u/ada"])
        ada, failed = await unfolded(pair.new, actor=[before])
        assert failed == ()
        async with pair.new.store.database.read() as session:
            former = await list_former_actors(session, ada.account.name)
        assert former == [f"{OLD}/u/ada", "https://older.example/u/ada"]
        (told,) = await ada.lines("actor")
        said = msgspec.json.decode(told.text)
        assert said["former"] == former
        assert said["id"] == f"{pair.new.identity.base_url}/u/{ada.account.name}"
        assert said["stripes"] == 3, "what a later version says of an actor is handed on"

    pair.runner.run(check())


def actor_line(address: str = f"{OLD}/u/ada", **more: Any) -> CopyLine:
    told = {name: f"{address}/{name}" for name in ("inbox", "outbox", "followers")}
    return line("actor", "actor", id=address, name="ada", opened_at=1, rsa="PEM", stripes=3, **told, **more)


WELL: Final = GROUPS[0]
BAD: Final[dict[str, tuple[str, CopyLine]]] = {
    "no_such_row": ("follows", line(f"following/{WELL}", "following", group=WELL, lens=1, since_at=1)),
    "no_such_row because a part is missing": ("choices", line(f"mute/{WELL}/{1:016d}", "mute", group=WELL, member=1)),
    "no_such_row because an id is none": ("choices", line("claim-wish/x", "claim-wish", group="x")),
    "no_such_row because a poll has no such id": (
        "choices",
        line(f"subscription/{WELL}/poll/x", "subscription", group=WELL, about="poll", what="x"),
    ),
    "misplaced_line": ("follows", line(f"following/{GROUPS[1]}", "following", group=WELL, lens=True, since_at=1)),
    "misplaced_line because a kind of tomorrow can't stand there": ("choices", line("mute/1", "zebra")),
    "not_of_old_pod": ("actor", actor_line("https://elsewhere.example/u/ada")),
    "unreadable_draft": ("choices", line("draft/d1", "draft", id="d1", group=WELL, saved_at=1, said="[]")),
}


@pytest.mark.parametrize("why", BAD)
def test_mg_09_a_line_that_no_pod_writes_is_named_with_its_reason_and_the_others_are_written(
    pair: Pair, why: str
) -> None:
    name, bad = BAD[why]

    async def check() -> None:
        good = line(f"following/{GROUPS[2]}", "following", group=GROUPS[2], lens=False, since_at=1)
        lines = {"follows": [good], name: [bad]} if name != "follows" else {name: [bad, good]}
        ada, failed = await unfolded(pair.new, **lines)
        assert failed == (FailedRow(name, bad.key, why.partition(" ")[0]),)
        assert await ada.lines("follows") == [good]
        assert bad not in await ada.lines(name), "what couldn't be written isn't handed on"

    pair.runner.run(check())


def test_a_copy_that_names_another_accounts_draft_changes_nothing_of_it(pair: Pair) -> None:
    async def check() -> None:
        said = {"id": f"mine{next(_numbers)}", "group": WELL, "saved_at": 1}
        key = f"draft/{said['id']}"
        mine = line(key, "draft", **said, said='{"title":"Mine"}')
        bo, _ = await unfolded(pair.new, choices=[mine])
        ada, failed = await unfolded(pair.new, choices=[line(key, "draft", **said, said='{"title":"Hers"}')])
        assert failed == (FailedRow("choices", key, "draft_taken"),)
        assert mine in await bo.lines("choices")
        assert key not in {one.key for one in await ada.lines("choices")}

    pair.runner.run(check())


def test_bounds_hold_as_where_it_is_typed_and_what_is_beyond_is_named(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check() -> None:
        monkeypatch.setitem(unfolded_rows._MOST, METADATA.tables["followings"], 2)
        monkeypatch.setattr(unfolded_copy, "MOST_HANDED_ON", 1)
        follows = [line(f"following/{one}", "following", group=one, lens=False, since_at=1) for one in sorted(GROUPS)]
        later = [line(f"z{number}", "zebra") for number in range(3)]
        ada, failed = await unfolded(pair.new, follows=[*follows, *later])
        assert await ada.lines("follows") == [*follows[:2], later[0]]
        assert failed == tuple(FailedRow("follows", one.key, "beyond_bound") for one in [*follows[2:], *later[1:]])

    pair.runner.run(check())


def test_mg_05_a_kill_at_any_page_leaves_what_is_done_and_what_the_person_changed_since(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_pages_of(2, monkeypatch)

    async def check() -> None:
        follows = [line(f"following/{one}", "following", group=one, lens=False, since_at=1) for one in sorted(GROUPS)]
        own = an_id(f"own {next(_numbers)}")
        ada = await an_account(pair.new, own)
        copy = await a_copy(pair.new, own, {"follows": follows})
        page = partial(unfolded_copy._unfold_page, deps=pair.new, account_id=ada.account.id, copy_id=copy)
        done = False
        for _ in range(2):  # choices, and the first page of follows
            done = await pair.new.store.write(page)
        first = min(GROUPS)
        assert [one.key for one in await ada.lines("follows")] == [one.key for one in follows[:2]]
        await pair.new.store.write(lambda session: delete_following(session, ada.account.id, first))
        while not done:
            done = await pair.new.store.write(page)
        assert await unfold_copy(pair.new, ada.account.id, copy) == ()
        assert await ada.lines("follows") == follows[1:]

    pair.runner.run(check())


def test_a_copy_is_written_into_its_own_account_alone(pair: Pair) -> None:
    async def check() -> None:
        ada = await an_account(pair.new, an_id(f"own {next(_numbers)}"))
        copy = await a_copy(pair.new, an_id("another"), {})
        for number in (copy, 10**6):
            with pytest.raises(RefusedError):
                await unfold_copy(pair.new, ada.account.id, number)

    pair.runner.run(check())


def test_who_followed_or_read_the_account_elsewhere_is_told_nothing_by_this_pod(pair: Pair) -> None:
    told = [
        line(
            "follower/https://a.example/u/bo",
            "follower",
            actor="https://a.example/u/bo",
            inbox="https://a.example/i",
            at=1,
        ),
        line("reader/https://b.example", "reader", pod="https://b.example", at=1),
    ]

    async def check() -> None:
        ada, failed = await unfolded(pair.new, follows=told)
        assert (failed, await ada.lines("follows")) == ((), told)
        async with pair.new.store.database.read() as session:
            for table in ("followers", "readers", "deliveries", "notifications"):
                assert (await session.execute(METADATA.tables[table].select())).all() == [], table

    pair.runner.run(check())
