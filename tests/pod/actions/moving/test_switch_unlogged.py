"""What was not waited for is told to the new home alone, and is written anew there once, with the new key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from models.groups.records import list_of_author
from models.moving.departures import set_departure, stop_waiting
from models.moving.newcomers import ANY_TIME, Newcomer, NewcomerGroup, insert_newcomer, note_standing, save_told
from models.moving.unsettled import list_unlogged
from models.people.accounts import Account, Membership, load_membership, set_membership, take_counter
from pod.actions.chain.door import append
from pod.actions.chain.views import load_view
from pod.actions.moving import switch_unlogged
from pod.actions.moving.switch_freeze import agree
from pod.actions.moving.switch_unlogged import OPEN_MS, UnloggedPage, UnloggedWish, unlogged_for, write_unlogged
from pod.actions.posts import records as records_by_pod
from pod.actions.posts.records import signed_for, signed_record
from pod.actions.signer import Arrived, PodItself, load_staying, member_key, signed
from pod.budgets.tries import RATES
from pod.clock import Clock
from pod.deps import Deps
from pod.rules.posts import PostRule
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.proofs import sign
from protocol.records.content import UNSIGNED, Ballot, Confirm, Content, Erase, Paragraph, Post, PostTarget, Vote
from protocol.records.drafts import by_signing_key, draft, draft_wish
from protocol.records.envelope import Record, open_record, reopen_record
from protocol.records.operation import Leave, Rehome
from protocol.records.parts import Home
from tests.pod.actions.moving.test_switch_refusals import KEY, NEW, OTHER, asking
from tests.support.travellers import Traveller, a_traveller
from tests.support.writing import an_id

NOTE = Post(kind="note", paragraphs=(Paragraph("text", "The well is dry."),), **UNSIGNED)
FOREIGN = PrivateKey.from_seed(bytes([7]) * 32)


@pytest.fixture
async def ada(tmp_path: Path) -> AsyncIterator[Traveller]:
    async with a_traveller(tmp_path) as ada:
        yield ada


async def refused(step: Awaitable[object]) -> str:
    with pytest.raises(RefusedError) as refusal:
        await step
    return str(refusal.value.refused.rule.key)


async def told(ada: Traveller, pod: str = NEW, after: UnloggedWish = UnloggedWish()) -> list[str]:  # noqa: B008
    page = await unlogged_for(ada.deps, asking(pod), ada.own, after)
    return [open_record(body).id for body in page.records]


async def test_mg_02_the_new_home_alone_is_told_what_wasnt_waited_for(ada: Traveller) -> None:
    lags, waited = sorted([await ada.founds("Wells"), await ada.founds("Mill")])
    await ada.writes(lags, "This one is logged.")
    posts = await ada.says(lags, "The well is dry.", "It rains.")
    await ada.says(waited, "This one is waited for.")
    write = ada.deps.store.write
    assert await refused(told(ada)) == "not_agreed"
    await write(partial(agree, deps=ada.deps, account=ada.account, home=Home(NEW, KEY)))
    assert await refused(told(ada)) == "not_committed"
    await write(partial(stop_waiting, account=ada.account.id, group=lags))
    await write(partial(set_departure, account=ada.account.id, item=an_id("handover")))
    assert await refused(told(ada, OTHER)) == "not_agreed"
    assert await told(ada) == []  # that group hasn't moved yet

    await write(partial(set_membership, account=ada.account.id, group=lags, state="moved", number=None))

    ids = await told(ada)
    assert (ids[0], ids[2], len(ids)) == (posts[0], posts[1], 4)  # posting is voting
    first = (await unlogged_for(ada.deps, asking(NEW), ada.own, UnloggedWish())).records[0]
    assert await told(ada, after=UnloggedWish(lags, first["counter"])) == ids[1:]


async def says(ada: Traveller, group: RecordId, content: Content) -> Record:
    """A record by the key that ada has now, which no pod has."""
    signing = partial(signed_record, deps=ada.deps, signer=ada.signer, group=group, said=draft(content))
    return await ada.deps.store.write(signing)


async def moves_key(ada: Traveller, group: RecordId) -> None:
    """The membership has the next key, as after a move; the rehome waits to be sealed."""
    deps = ada.deps

    async def action(session: AsyncSession) -> None:
        staying = await load_staying(session, deps, ada.account)
        membership = await load_membership(session, ada.account.id, group)
        assert membership is not None
        key, old = (member_key(deps, staying, membership.context, index) for index in (1, 0))
        counter = await take_counter(session, ada.account.id, group)
        body = by_signing_key(
            draft_wish(Rehome(deps.identity.home, key.did)),
            group,
            {"author": 1, "key": 0, "counter": counter, "at": deps.clock()},
        )
        record = open_record(signed(PodItself(), body, old, now=deps.clock()))
        await append(session, deps, record, origin="", now=deps.clock())
        values: dict[str, Any] = {"number": 1, "signing": key.did, "key_index": 1, "counter": 0, "state": "member"}
        await set_membership(session, ada.account.id, group, **values)

    await deps.store.write(action)


async def stored_membership(ada: Traveller, group: RecordId) -> Membership:
    async with ada.deps.store.database.read() as session:
        membership = await load_membership(session, ada.account.id, group)
    assert membership is not None
    return membership


async def told_of(
    ada: Traveller, group: RecordId, *, number: int = 1, keys: int = 1, anew_until: int = ANY_TIME
) -> None:
    """What the old pod said of a group before the handover."""
    groups = [NewcomerGroup(group, number, keys, 0, keeps=True, anew_until=anew_until)]
    telling = partial(save_told, personal_group=ada.own, actor="https://old.example/u/ada", groups=groups)
    await ada.deps.store.write(telling)


async def came(ada: Traveller, group: RecordId, **said: int) -> Newcomer:
    """Ada as somebody who moved here with this group."""
    newcomer = Newcomer(ada.own, "https://old.example", "ada", b"", 0, ada.account.id)
    await ada.deps.store.write(partial(insert_newcomer, newcomer=newcomer))
    await told_of(ada, group, **said)
    return newcomer


async def reopen(ada: Traveller, group: RecordId) -> None:
    """As if this pod had ended before it noted that all was told."""
    opening = partial(note_standing, personal_group=ada.own, group=group, anew_until=ANY_TIME)
    await ada.deps.store.write(opening)


def answers(
    monkeypatch: pytest.MonkeyPatch,
    *records: Record,
    then: Exception | None = None,
    into: list[UnloggedWish] | None = None,
) -> list[UnloggedWish]:
    """Have the old pod tell these records, and fail after them; returns what it is asked, as it is asked."""
    asked = into if into is not None else []

    async def answer(_: object, __: object, step: str, wish: UnloggedWish, ___: object) -> UnloggedPage:
        assert step == "unlogged"
        asked.append(wish)
        if then is not None and len(asked) > 1:
            raise then
        page = [one for one in records if (one.group, one.body["counter"]) > (wish.group, wish.counter)]
        return UnloggedPage(tuple(one.body for one in page), more=then is not None)

    monkeypatch.setattr(switch_unlogged, "ask_old_pod", answer)
    return asked


async def written(ada: Traveller, group: RecordId) -> list[Record]:
    """What the group has by ada's new key, in order."""
    async with ada.deps.store.database.read() as session:
        stored = await list_of_author(session, group, ("pending", "logged"), 1)
    return [reopen_record(one.wire) for one in stored if one.key == 1]


async def test_mg_02_the_new_pod_writes_it_anew_once_with_the_new_key(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await ada.founds("Wells")
    (logged,) = await ada.writes(group, "This one is logged.")
    async with ada.deps.store.database.read() as session:
        stored = await list_of_author(session, group, ("logged",), 1)
    post = await says(ada, group, NOTE)
    vote = await says(ada, group, Vote(target=PostTarget(post.id), value=300, **UNSIGNED))
    records = [*(reopen_record(one.wire) for one in stored if one.id == logged), post, vote]
    newcomer = await came(ada, group)
    asked = answers(monkeypatch, *records)
    await moves_key(ada, group)
    assert await write_unlogged(ada.deps, newcomer, ada.account) == (group,)
    assert await written(ada, group) == []  # the move isn't settled
    await ada.settles(group)

    assert await write_unlogged(ada.deps, newcomer, ada.account) == ()

    anew, voted = await written(ada, group)
    assert anew.body["paragraphs"] == post.body["paragraphs"]
    assert (voted.body["target"], voted.body["value"]) == ({"post": anew.id}, 300)
    # All was told, so what the old key signs later is written no more, and nobody is asked for it.
    late = await says(ada, group, NOTE)
    answers(monkeypatch, late, into=asked)
    assert (await write_unlogged(ada.deps, newcomer, ada.account), len(asked)) == ((), 1)
    await reopen(ada, group)
    answers(monkeypatch, *records, into=asked)  # told again after a kill, it is written once
    assert (await write_unlogged(ada.deps, newcomer, ada.account), len(asked)) == ((), 2)
    assert len(await written(ada, group)) == 2


async def test_mg_02_an_old_pod_has_nothing_signed_that_the_old_key_didnt_sign(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await ada.founds("Wells")
    newcomer = await came(ada, group)
    record = await says(ada, group, NOTE)
    forged = open_record(sign({name: one for name, one in record.body.items() if name != "proof"}, FOREIGN))
    assert (forged.id, forged.signers) == (record.id, (FOREIGN.did,))
    await moves_key(ada, group)
    await ada.settles(group)

    answers(monkeypatch, forged)
    assert await write_unlogged(ada.deps, newcomer, ada.account) == ()
    assert await written(ada, group) == []
    await reopen(ada, group)
    answers(monkeypatch, record)
    await write_unlogged(ada.deps, newcomer, ada.account)
    assert len(await written(ada, group)) == 1


async def test_mg_02_where_something_was_waited_for_nothing_is_written_anew(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited, unwaited = sorted([await ada.founds("Wells"), await ada.founds("Mill")])
    newcomer = await came(ada, waited, anew_until=0)
    await told_of(ada, unwaited)
    await told_of(ada, ada.own)
    records = [await says(ada, group, NOTE) for group in sorted([waited, unwaited, ada.own])]
    for group in (waited, unwaited, ada.own):
        await moves_key(ada, group)
        await ada.settles(group)

    answers(monkeypatch, *records)
    await write_unlogged(ada.deps, newcomer, ada.account)

    groups = (waited, unwaited, ada.own)
    assert [len(await written(ada, group)) for group in groups] == [0, 1, 0]


async def test_mg_02_an_old_pod_that_never_ends_its_answer_has_a_day(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    group = await ada.founds("Wells")
    newcomer = await came(ada, group)
    records = [await says(ada, group, NOTE) for _ in range(2)]
    await moves_key(ada, group)
    await ada.settles(group)

    silence = RemoteError(RemoteFault.NOT_REACHED, retry=True)
    asked = answers(monkeypatch, records[0], then=silence)
    with pytest.raises(RemoteError):
        await write_unlogged(ada.deps, newcomer, ada.account)
    assert (len(await written(ada, group)), len(asked)) == (1, 2)
    (tmp_path / "later").write_text(str(OPEN_MS))
    deps = replace(ada.deps, clock=Clock(tmp_path / "later"))
    answers(monkeypatch, records[1], into=asked)
    assert (await write_unlogged(deps, newcomer, ada.account), len(asked)) == ((), 2)


async def test_mg_02_what_a_group_takes_later_is_asked_for_again_and_holds_up_no_other_group(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, free = sorted([await ada.founds("Wells"), await ada.founds("Mill")])
    newcomer = await came(ada, full)
    await told_of(ada, free)
    records = [await says(ada, group, NOTE) for group in (full, full, free)]
    for group in (full, free):
        await moves_key(ada, group)
        await ada.settles(group)
    write_for, tries = records_by_pod.write_for, list[RecordId]()

    async def write_unless_full(
        session: AsyncSession, deps: Deps, account: Account, group: RecordId, *said: Any
    ) -> Record:
        tries.append(group)
        if group == full and tries.count(full) == 2:
            raise PostRule.PENDING_FULL.error(author=1)
        return await write_for(session, deps, account, group, *said)

    monkeypatch.setattr(switch_unlogged, "write_for", write_unless_full)
    asked = answers(monkeypatch, *records)

    assert await write_unlogged(ada.deps, newcomer, ada.account) == (full,)
    assert [len(await written(ada, group)) for group in (full, free)] == [1, 1]
    assert await write_unlogged(ada.deps, newcomer, ada.account) == ()
    assert [len(await written(ada, group)) for group in (full, free)] == [2, 1]
    assert asked[1] == UnloggedWish(full, records[0].body["counter"])


@pytest.mark.parametrize("ends_by", ["a full group", "a kill"])
async def test_mg_02_a_vote_names_the_post_that_was_written_anew_before_a_break(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch, ends_by: str
) -> None:
    group = await ada.founds("Wells")
    newcomer = await came(ada, group)
    post = await says(ada, group, NOTE)
    vote = await says(ada, group, Vote(target=PostTarget(post.id), value=300, **UNSIGNED))
    await moves_key(ada, group)
    await ada.settles(group)
    write_for = records_by_pod.write_for

    async def take_no_vote(session: AsyncSession, deps: Deps, account: Account, group: RecordId, *said: Any) -> Record:
        if said[0].type == "Vote":
            raise PostRule.PENDING_FULL.error(author=1)
        return await write_for(session, deps, account, group, *said)

    if ends_by == "a kill":  # between two pages, of which the first was committed
        answers(monkeypatch, post, then=RemoteError(RemoteFault.NOT_REACHED, retry=True))
        with pytest.raises(RemoteError):
            await write_unlogged(ada.deps, newcomer, ada.account)
    else:
        answers(monkeypatch, post, vote)
        monkeypatch.setattr(switch_unlogged, "write_for", take_no_vote)
        assert await write_unlogged(ada.deps, newcomer, ada.account) == (group,)
        monkeypatch.setattr(switch_unlogged, "write_for", write_for)
    assert len(await written(ada, group)) == 1
    answers(monkeypatch, post, vote)

    assert await write_unlogged(ada.deps, newcomer, ada.account) == ()

    anew, voted = await written(ada, group)
    assert (voted.body["target"], voted.body["value"]) == ({"post": anew.id}, 300)


@pytest.mark.parametrize(("number", "keys"), [(9, 1), (1, 0), (1, 2), (1, 9)])
async def test_mg_02_a_number_or_a_key_that_isnt_the_members_is_refused(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch, number: int, keys: int
) -> None:
    group = await ada.founds("Wells")
    newcomer = await came(ada, group, number=number, keys=keys)
    answers(monkeypatch)
    await moves_key(ada, group)
    await ada.settles(group)
    assert await refused(write_unlogged(ada.deps, newcomer, ada.account)) == "other_answer"


async def test_mg_02_an_answer_with_a_record_that_has_no_counter_is_refused(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await ada.founds("Wells")
    newcomer = await came(ada, group)
    await moves_key(ada, group)
    await ada.settles(group)
    place = {"keeper": 1, "term": 0, "height": 1, "item": an_id("item")}
    ack: dict[str, Any] = {"type": "Ack", "rules": 1, "group": group, **place}
    told = UnloggedPage((sign(ack, FOREIGN),))

    async def answer(*_: object) -> UnloggedPage:
        return told

    monkeypatch.setattr(switch_unlogged, "ask_old_pod", answer)
    assert await refused(write_unlogged(ada.deps, newcomer, ada.account)) == "other_answer"


async def test_mg_02_what_is_told_goes_on_after_a_counter_and_is_asked_for_within_a_budget(ada: Traveller) -> None:
    group = await ada.founds("Wells")
    await ada.writes(group, "This one is logged.")
    posts = await ada.says(group, "One.", "Two.", "Three.")
    membership = await stored_membership(ada, group)
    async with ada.deps.store.database.read() as session:
        end = (await load_view(session, ada.deps, group)).settled.log.size
        signed_by = 1, membership.key_index
        ask = partial(list_unlogged, session, group, signed_by, ("Post",), end=end)
        first, second = await ask(after=0, limit=2)
        rest = await ask(after=second.counter or 0, limit=2)
        logged = await partial(list_unlogged, session, group, signed_by, ("Post",), end=0)(after=0, limit=9)
        other_key = await list_unlogged(session, group, (1, 7), ("Post",), end=0, after=0, limit=9)
    assert ([first.id, second.id], [one.id for one in rest]) == (posts[:2], posts[2:])
    assert (len(logged), other_key) == (4, [])

    write = ada.deps.store.write
    await write(partial(agree, deps=ada.deps, account=ada.account, home=Home(NEW, KEY)))
    await write(partial(set_departure, account=ada.account.id, item=an_id("handover")))
    later = ada.deps.clock() + 3_600_000  # so that none comes back while this test runs
    for _ in range(RATES["what no log has of a departure"].most):
        await ada.deps.store.limits.take("what no log has of a departure", ada.own, now=later)
    assert await refused(told(ada)) == "too_many_tries"


async def test_mg_02_no_decision_is_written_anew(ada: Traveller) -> None:
    group, signer = await ada.founds("Wells"), Arrived(ada.account)
    ballot = draft(Ballot(poll=an_id("poll"), blank=True, **UNSIGNED))
    erase = draft(Erase(records=(an_id("post"),), **UNSIGNED))
    for said in (ballot, erase, draft(Confirm(**UNSIGNED)), draft_wish(Leave())):
        signing = partial(signed_for, deps=ada.deps, signer=signer, account=ada.account, group=group, said=said)
        assert await refused(ada.deps.store.write(signing)) == "not_for_this_asker"
