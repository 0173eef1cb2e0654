"""What a step of a switch makes of the old pod's answers: it waits, gives up and thaws, stops, or goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from models.moving.departures import FREEZE_MS
from models.moving.moves import SETTLED, STOPPED, SWITCHING, Move, delete_move, insert_move, load_move, note_move
from models.moving.newcomers import (
    Newcomer,
    NewcomerGroup,
    delete_newcomer,
    insert_newcomer,
    list_open_groups,
    load_newcomer,
    save_told,
    set_arrived,
)
from models.people.accounts import load_account_named
from pod.actions.moving import begun_switches, newcomers, switch_openings, switch_step, switch_unlogged
from pod.actions.moving.begun_switches import entering, stop_switch, take_switch_code
from pod.actions.moving.newcomers import begin
from pod.actions.moving.old_pod import refusal_in
from pod.actions.moving.switch_step import SILENCE_MS, advance_switch
from pod.actions.moving.traveller_wishes import cancel_move
from pod.deps import Deps
from pod.errors import OtherBrowserError
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError
from tests.support.rig import ServedPod
from tests.support.writing import an_id

OLD = "https://old.example"
PERSON = an_id("ada")
NOW = 1_800_000_000_000
Answers = dict[str, object]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, pod: ServedPod) -> Answers:
    """What the old pod says to each step: an error, or nothing but that it is done."""
    said: Answers = {}

    async def ask(deps: Deps, newcomer: Any, step: str, wish: Any, kind: type[msgspec.Struct]) -> Any:
        del deps, newcomer, wish
        asked.append(step)
        if isinstance(said.get(step), Exception):
            raise said[step]  # type: ignore[misc]
        return msgspec.convert(said.get(step, {}), kind)

    asked: list[str] = []
    said["asked"] = asked
    for place in (newcomers, begun_switches, switch_openings, switch_unlogged):
        monkeypatch.setattr(place, "ask_old_pod", ask)
    pod.act(lambda deps: deps.store.write(forget))
    pod.act(lambda deps: begin(deps, PERSON, OLD, "ada"))
    return said


async def forget(session: AsyncSession) -> None:
    """Forget the moves of earlier tests."""
    for sha256 in (b"m", b"n", b"o", b"c"):
        await delete_move(session, sha256)
    await delete_newcomer(session, PERSON)


def refused(rule: SwitchRule, **facts: int) -> RemoteError:
    body = json.dumps({"rule": rule.key, "facts": facts}).encode()
    return RemoteError(RemoteFault.NOT_REACHED, retry=False, status=409, body=body)


def step(pod: ServedPod, *, since: int = 1_000) -> Move:
    async def act(deps: Deps) -> Move:
        return await advance_switch(deps, switching(b"m", deps.clock() - since))

    return pod.act(act)


def switching(sha256: bytes, begun: int) -> Move:
    move = Move(sha256, "ada", OLD, PERSON, "full", "", "", None, "personal", begun, begun, None)
    return msgspec.structs.replace(move, stage=SWITCHING, stage_at=begun, name="ada")


def is_coming(pod: ServedPod) -> bool:
    async def look(deps: Deps) -> bool:
        async with deps.store.database.read() as session:
            return await load_newcomer(session, PERSON) is not None

    return pod.act(look)


def test_mg_02_a_recovery_elsewhere_stops_the_job_and_thaws_the_account(pod: ServedPod, answers: Answers) -> None:
    answers["freeze"] = refused(SwitchRule.OTHER_KEY)

    after = step(pod)

    assert (after.stage, after.stopped_in, after.why, after.due_at) == ("stopped", "verified", "other_key", None)
    assert answers["asked"] == ["freeze", "stop"]
    assert not is_coming(pod)


def test_mg_20_ten_minutes_end_it_and_it_may_begin_again_at_once(pod: ServedPod, answers: Answers) -> None:
    after = step(pod, since=FREEZE_MS)

    assert (after.stage, after.why, answers["asked"]) == ("verified", "not_in_time", ["stop"])


def test_mg_02_what_lags_is_waited_for_and_said(pod: ServedPod, answers: Answers) -> None:
    answers["freeze"] = {"actor": f"{OLD}/u/ada", "until": 0, "groups": [], "lags": [{"group": str(an_id("g"))}]}

    after = step(pod)

    assert (after.stage, after.why) == ("switching", "not_drained")
    assert after.due_at is not None
    assert is_coming(pod)


def test_mg_05_an_old_pod_that_doesnt_answer_is_asked_again(pod: ServedPod, answers: Answers) -> None:
    answers["freeze"] = answers["stop"] = RemoteError(RemoteFault.NOT_REACHED, retry=True)

    for since in (1_000, FREEZE_MS):
        after = step(pod, since=since)
        assert (after.stage, after.tries, is_coming(pod)) == ("switching", 1, True)


def test_mg_05_a_handover_that_was_signed_before_the_time_was_over_is_fetched(pod: ServedPod, answers: Answers) -> None:
    """The keys of the new home are kept as long as the old pod may have signed for them."""
    answers["stop"] = refused(SwitchRule.COMMITTED)
    answers["freeze"] = {"actor": f"{OLD}/u/ada", "until": 0, "groups": [], "lags": [{"group": str(an_id("g"))}]}

    after = step(pod, since=FREEZE_MS)

    assert (after.stage, is_coming(pod), after.tries) == ("switching", True, 1), "no group was told: it waits"
    assert answers["asked"] == ["stop", "freeze"], "it asks for the handover, however late, and whatever lags"


def test_mg_03_who_stops_a_switch_before_the_account_is_here_stays_there(pod: ServedPod, answers: Answers) -> None:
    async def act(deps: Deps) -> Move | None:
        move = switching(b"m", deps.clock())
        await deps.store.write(partial(insert_move, move=move, instead_of=b"", now=0))
        await stop_switch(deps, move)
        async with deps.store.database.read() as session:
            return await load_move(session, move.sha256, now=0)

    after = pod.act(act)

    assert after is not None
    assert (after.stage, after.due_at, after.turn, answers["asked"]) == ("verified", None, 1, ["stop"])
    assert not is_coming(pod)


def test_mg_05_a_look_that_runs_when_the_switch_begins_notes_nothing(pod: ServedPod, answers: Answers) -> None:
    answers["agreed"] = {"group": str(PERSON)}

    async def act(deps: Deps) -> tuple[bool, Move | None]:
        sealed = deps.identity.keyring.seal(b"v", f"switch/{b'n'.hex()}")
        move = msgspec.structs.replace(switching(b"n", deps.clock()), stage="verified", state="s" * 43, verifier=sealed)
        await deps.store.write(partial(insert_move, move=move, instead_of=b"", now=0))
        await take_switch_code(deps, move, "s" * 43, "code")
        noted = await deps.store.write(partial(note_move, move=move, changes={"due_at": None}))
        async with deps.store.database.read() as session:
            return noted, await load_move(session, move.sha256, now=0)

    noted, after = pod.act(act)

    assert after is not None
    assert (noted, after.stage, after.due_at is not None) == (False, "switching", True)


def test_what_the_old_pod_stopped_itself_is_over_here_too(pod: ServedPod, answers: Answers) -> None:
    answers["freeze"] = answers["stop"] = refused(SwitchRule.NOT_AGREED)

    after = step(pod)

    assert (after.stage, after.why, is_coming(pod)) == ("verified", "not_agreed", False)


def ended(pod: ServedPod, **told: Any) -> bool:
    """Whether the person is still known after their move was cancelled."""

    async def act(deps: Deps) -> None:
        move = msgspec.structs.replace(switching(b"c", deps.clock()), **told)
        await deps.store.write(partial(insert_move, move=move, instead_of=b"", now=0))
        await cancel_move(deps, move)

    pod.act(act)
    return not is_coming(pod)


def test_mg_05_an_old_pod_that_is_silent_for_a_week_stops_the_job_and_the_person_may_end_it(
    pod: ServedPod, answers: Answers
) -> None:
    """Its keys stay where the old pod may have signed for them: once it was told the groups."""
    answers["stop"] = RemoteError(RemoteFault.NOT_REACHED, retry=True)

    after = step(pod, since=SILENCE_MS)

    assert (after.stage, after.stopped_in, after.due_at, is_coming(pod)) == ("stopped", "switching", None, True)
    group = NewcomerGroup(PERSON, 1, 1, 0, keeps=True)
    pod.act(lambda deps: deps.store.write(lambda session: save_told(session, PERSON, f"{OLD}/u/ada", [group])))
    assert not ended(pod, stage="stopped", stopped_in="switching")


def test_mg_06_whose_move_ends_before_the_switch_is_forgotten_and_may_come_by_another_name(
    pod: ServedPod, answers: Answers
) -> None:
    del answers

    async def name(deps: Deps) -> str:
        return (await begin(deps, PERSON, OLD, "adele")).name

    assert pod.act(name) == "adele", "what came to nothing gives way"
    assert ended(pod, stage="verified")
    pod.act(lambda deps: begin(deps, PERSON, OLD, "ada"))
    assert ended(pod, stage="stopped", stopped_in="switching"), "no group was told, so nothing can be signed"


def test_mg_06_no_other_pod_takes_the_place_of_a_switch_that_goes_on(pod: ServedPod, answers: Answers) -> None:
    del answers

    async def act(deps: Deps) -> None:
        move = switching(b"o", deps.clock())
        await deps.store.write(partial(insert_move, move=move, instead_of=b"", now=0))
        await begin(deps, PERSON, "https://third.example", "ada")

    with pytest.raises(RefusedError):
        pod.act(act)


def arrived(pod: ServedPod, answers: Answers, name: str, **told: Any) -> list[Move]:
    """The job of somebody whose account has come, before and after two steps within a minute, and one after it."""
    pod.sign_up(name)
    answers["rehomes"] = RemoteError(RemoteFault.NOT_REACHED, retry=False, status=409, body=b"\x00not\x1b now" * 500)

    async def comes(session: AsyncSession, deps: Deps) -> Move:
        account, now = await load_account_named(session, name), deps.clock()
        assert account is not None
        assert account.personal_group is not None
        newcomer = Newcomer(account.personal_group, OLD, name, account.seed_sealed, now)
        await insert_newcomer(session, newcomer)
        await set_arrived(session, newcomer.personal_group, account.id, None, now=now)
        groups = [NewcomerGroup(an_id(f"g of {name}"), 2, 1, 0, keeps=False)] if not told.get("stage") else []
        await save_told(session, newcomer.personal_group, f"{OLD}/u/{name}", groups)
        move = msgspec.structs.replace(switching(name.encode(), now), group_id=newcomer.personal_group, name=name)
        return msgspec.structs.replace(move, **({"current": "unfolded"} | told))

    moves = [pod.act(lambda deps: deps.store.write(lambda session: comes(session, deps)))]
    for ahead in (0, 0, 60_000):
        pod.set_clock(ahead)
        moves.append(pod.act(partial(advance_switch, move=moves[-1])))
    pod.set_clock(0)
    return moves


def test_mg_08_sealed_values_are_asked_for_once_a_minute_while_a_group_stands_still(
    pod: ServedPod, answers: Answers
) -> None:
    answers |= {"openings": RemoteError(RemoteFault.NOT_REACHED, retry=True), "unlogged": {"records": []}}

    moves = arrived(pod, answers, "eve")

    assert [move.stage for move in moves] == ["switching"] * 4, "a failure holds nothing up"
    assert answers["asked"].count("openings") == 2  # type: ignore[attr-defined]

    async def why(deps: Deps) -> str:
        async with deps.store.database.read() as session:
            assert moves[0].group_id is not None
            return (await list_open_groups(session, moves[0].group_id, 1))[0].why

    assert pod.act(why).startswith("not nownot"), "no database takes every control character"


def test_mg_08_sealed_values_are_asked_for_before_what_the_account_follows_and_for_an_hour(
    pod: ServedPod, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def follows(_: Deps, __: int) -> bool:
        return True

    monkeypatch.setattr(switch_step, "bring_next_follow", follows)
    answers |= {"openings": {"values": [], "next": None}, "unlogged": {"records": []}}

    moves = arrived(pod, answers, "flo", stage=SETTLED)

    assert answers["asked"] == ["openings"], "all are here: it isn't asked again, nor for what was waited for"
    assert moves[-1].due_at is not None


def test_mg_08_what_the_account_follows_comes_however_odd_the_old_pods_answer_is(
    pod: ServedPod, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[int] = []

    async def follows(_: Deps, account: int) -> bool:
        followed.append(account)
        return True

    monkeypatch.setattr(switch_step, "bring_next_follow", follows)
    answers["openings"] = KeyError("nothing that a step expects")

    with pytest.raises(KeyError):
        arrived(pod, answers, "hal", stage=SETTLED)

    assert len(followed) == 1


def test_mg_02_a_job_that_stops_once_the_account_is_here_keeps_its_page_and_ends_at_no_time(
    pod: ServedPod, answers: Answers
) -> None:
    answers |= {"openings": {"values": [], "next": None}, "unlogged": {"records": []}}
    stopped = msgspec.structs.replace(arrived(pod, answers, "gil")[0], stage=STOPPED, stopped_in=SWITCHING)

    async def act(deps: Deps) -> tuple[str, Move | None]:
        move = msgspec.structs.replace(stopped, expires_at=deps.clock() - 1)
        name = (await entering(deps, move)).name

        async def opens(session: AsyncSession) -> Move | None:
            account = await load_account_named(session, name)
            assert account is not None
            await insert_move(session, move, instead_of=b"", now=0)
            await switch_step._open(deps, move, session, account)
            return await load_move(session, move.sha256, now=deps.clock())

        return name, await deps.store.write(opens)

    name, kept = pod.act(act)

    assert (name, kept is not None) == ("gil", True)
    assert kept is not None
    assert kept.expires_at is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"no json",
        lambda _: json.dumps({"rule": "nothing_known", "facts": {}}).encode(),
        lambda _: json.dumps({"rule": "seat_refused", "facts": {}}).encode(),
        lambda _: json.dumps({"rule": "seat_refused", "facts": {"times": "x" * 300}}).encode(),
        lambda _: json.dumps({"rule": "seat_refused", "facts": {"times": [3]}}).encode(),
    ],
)
def test_a_refusal_that_no_honest_pod_tells_is_none(spoil: Callable[[None], bytes]) -> None:
    assert refusal_in(spoil(None)) is None


def test_a_code_of_a_switch_is_taken_in_no_second_browser(pod: ServedPod, answers: Answers) -> None:
    move = Move(b"m", "ada", OLD, PERSON, "full", "s" * 43, "", None, "personal", NOW, NOW, None)
    for other in (move, msgspec.structs.replace(move, state="")):
        with pytest.raises(OtherBrowserError):
            pod.act(lambda deps, other=other: take_switch_code(deps, other, "t" * 43, "code"))  # type: ignore[misc]
    assert answers["asked"] == []
