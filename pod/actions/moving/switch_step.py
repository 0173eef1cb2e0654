"""The switching half of a move's job: from the person's second consent on, step by step, until each group is settled.

1. "verified": the job rests until the person agreed at the old pod (`begun_switches`).
2. "switching", before the account is here: freeze; when nothing lags, the last delta, compared line by line; then the
   personal group's handover, with which the account opens, and an invitation to this pod is used up. A refusal, or ten
   minutes, ends it at the old pod, and the job rests again. A key that neither pod set stops it.
3. After that: what no log holds is written into the account's tables; each other group is asked for, a seat once a
   minute, others more rarely the longer they stand still. The job is settled when each is, or was let go; then what
   the account follows is fetched, and what it had sealed in polls.

What was done is found again in the database, so a kill of either pod costs one step.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError, sentences_of
from models.moving.departures import FREEZE_MS
from models.moving.kept_copies import list_manifests
from models.moving.moves import SETTLED, STOPPED, SWITCHING, VERIFIED, Move, set_move
from models.moving.newcomers import Newcomer, NewcomerGroup, list_open_groups, note_standing
from models.moving.standing_copies import delete_standing
from models.people.accounts import Account, load_membership, set_language
from models.pod.pod_invites import note_invited, take_invite
from pod.actions.chain.views import load_view
from pod.actions.moving.begun_moves import KEPT_MS
from pod.actions.moving.begun_switches import newcomer_of, stop_there
from pod.actions.moving.brought_follows import bring_next_follow
from pod.actions.moving.copy_step import source_of_move
from pod.actions.moving.job_ends import code_of, passes, stopped, waiting
from pod.actions.moving.new_home import new_key
from pod.actions.moving.newcomers import advance_group, advance_personal, fetch_unsettled, learn_names
from pod.actions.moving.old_pod import refusal_in
from pod.actions.moving.taken_copies import bring_up, verify_copy
from pod.actions.moving.unfolded_copy import unfold_copy
from pod.deps import Deps
from pod.rules.copies import KeptCopyRule
from pod.rules.switches import SwitchRule
from protocol.copies import claimed_manifest
from protocol.errors import RefusedError
from protocol.ids import RecordId

_LOG = logging.getLogger(__name__)
AGAIN_MS: Final = 2_000
SEAT_EVERY_MS: Final = 60_000
LONGEST_MS: Final = 3_600_000
SILENCE_MS: Final = 7 * 86_400_000
AT_ONCE: Final = 50
# What `current` says once the tables of the account have what the copy holds, before the time of `_asked_at`.
UNFOLDED: Final = "unfolded"
NEVER: Final = 2**53  # when to ask again for what is all here
LONGEST_WHY: Final = 2_000
_ELSEWHERE: Final = msgspec.json.encode({"rule": SwitchRule.OTHER_KEY.key, "facts": {}}).decode()
_LATER: Final = (SwitchRule.NOT_FROZEN, SwitchRule.NOT_DRAINED, SwitchRule.OTHER_HEAD)


async def advance_switch(deps: Deps, move: Move) -> Move:
    """Take a job whose copy is verified one step further; returns it as it is then."""
    newcomer = await newcomer_of(deps, move)
    if move.stage == SETTLED and newcomer is not None and newcomer.account_id is not None:
        return await _after_it(deps, move, newcomer)
    if move.stage != SWITCHING:
        return msgspec.structs.replace(move, due_at=None)
    if newcomer is None or newcomer.account_id is None:
        return await _commit(deps, move)
    await _check_key(deps, newcomer)
    if not move.current.startswith(UNFOLDED):
        if move.copy_id is not None:
            await unfold_copy(deps, newcomer.account_id, move.copy_id)
        await learn_names(deps, newcomer)
        return msgspec.structs.replace(move, current=UNFOLDED, due_at=deps.clock())
    return await _groups(deps, move, newcomer)


async def _after_it(deps: Deps, move: Move, newcomer: Newcomer) -> Move:
    """Fetch what the account follows, one after the other, then what it had sealed in polls, for an hour if need be."""
    assert newcomer.account_id is not None
    now, asked = deps.clock(), _asked_at(move)
    # First what the old pod's answer can't hold up.
    followed = await bring_next_follow(deps, newcomer.account_id)
    if asked is None or now >= asked + SEAT_EVERY_MS:
        lacks = await _openings_lack(deps, newcomer)
        move = msgspec.structs.replace(move, current=f"{UNFOLDED} {now if lacks else NEVER}")
    if followed:
        return msgspec.structs.replace(move, due_at=now + AGAIN_MS)
    again = _asked_at(move) != NEVER and now < (move.stage_at or 0) + LONGEST_MS
    if again:
        return msgspec.structs.replace(move, due_at=now + SEAT_EVERY_MS)
    return msgspec.structs.replace(move, due_at=None, expires_at=None if move.standing else now + KEPT_MS)


async def _openings_lack(deps: Deps, newcomer: Newcomer) -> bool:
    lacks = await fetch_unsettled(deps, newcomer)
    if lacks:
        _LOG.info("sealed values of somebody who moved here aren't all here: %s", lacks[:LONGEST_WHY])
    return bool(lacks)


def _asked_at(move: Move) -> int | None:
    """When sealed values were asked for last, NEVER: all are here; None: not yet."""
    said = move.current.removeprefix(UNFOLDED).strip()
    return int(said) if said.isdigit() else None


async def _commit(deps: Deps, move: Move) -> Move:
    """The personal group comes here, unless something there lags; what it can't do now it tries again, or gives up."""
    assert move.group_id is not None
    assert move.stage_at is not None
    try:
        if deps.clock() >= move.stage_at + FREEZE_MS:
            raise SwitchRule.NOT_IN_TIME.error()
        late = await advance_personal(
            deps, move.group_id, last_delta=lambda: _last_delta(deps, move), also=lambda *said: _open(deps, move, *said)
        )
    except RemoteError as error:
        refused = refusal_in(error.body)
        if refused is None and passes(move, error):
            return waiting(deps, move, error)
        return await _given_up(deps, move, refused.rule.error(**refused.facts) if refused else error)
    except RefusedError as error:
        return await _given_up(deps, move, error)
    if late:
        return _later(deps, move, SwitchRule.NOT_DRAINED.error(groups=len(late)))
    return msgspec.structs.replace(move, due_at=deps.clock())


def _silent_too_long(deps: Deps, move: Move) -> bool:
    """Whether nobody need wait any more for an old pod that doesn't even say that it stopped."""
    until = (move.stage_at or 0) + SILENCE_MS
    return deps.clock() >= (until if move.expires_at is None else min(until, move.expires_at))


async def _fetch_committed(deps: Deps, move: Move) -> Move:
    """Open the account by a handover that the old pod has committed, and whose answer was lost.

    However late it is: the account stands nowhere else. The copy was compared before this pod asked for the handover.
    """
    assert move.group_id is not None
    try:
        await advance_personal(deps, move.group_id, committed=True, also=lambda *said: _open(deps, move, *said))
    except (RemoteError, RefusedError) as error:
        return waiting(deps, move, error)
    return msgspec.structs.replace(move, due_at=deps.clock())


async def _last_delta(deps: Deps, move: Move) -> None:
    """Bring the copy up to the frozen account, and compare it line by line."""
    assert move.copy_id is not None
    if await bring_up(deps, move.copy_id, source_of_move(deps, move)):
        raise KeptCopyRule.LINES_DIFFER.error(lines="")
    async with deps.store.database.read() as session:
        wire = (await list_manifests(session, move.copy_id))[0]
    if differing := await verify_copy(deps, move.copy_id, claimed_manifest(msgspec.json.decode(wire))):
        raise KeptCopyRule.LINES_DIFFER.error(lines=", ".join(differing))


async def _open(deps: Deps, move: Move, session: AsyncSession, account: Account) -> None:
    """In the commit that opens the account: its language, the invitation that let in, and that the job has no end.

    From then on room for the copy is its account's, and not the address's from which a stranger began.
    """
    await set_move(session, move, expires_at=None, payer=None)
    if move.copy_id is not None and not move.standing:
        await delete_standing(session, move.copy_id)  # the words have an account here now
    if move.language:
        await set_language(session, account.id, move.language)
    if move.invite_id is not None and await take_invite(session, move.invite_id, now=deps.clock()):
        await note_invited(session, account.id, move.invite_id)


async def _given_up(deps: Deps, move: Move, error: RemoteError | RefusedError) -> Move:
    """The job after it can't go on: thawed there, and at rest here; once committed it goes on all the same."""
    rule = error.refused.rule if isinstance(error, RefusedError) else None
    if isinstance(error, RefusedError) and rule in _LATER:
        return _later(deps, move, error)
    try:
        await stop_there(deps, move)
    except RefusedError as refusal:
        if refusal.refused.rule is SwitchRule.COMMITTED:
            return await _fetch_committed(deps, move)
        raise
    except RemoteError as silence:
        return stopped(deps, move, silence) if _silent_too_long(deps, move) else waiting(deps, move, silence)
    said = sentences_of(error)
    again = deps.clock() if move.standing else None  # a second home looks on
    told = msgspec.structs.replace(move, why=code_of(error), said=msgspec.json.encode(said), due_at=again)
    if rule is SwitchRule.OTHER_KEY:
        return msgspec.structs.replace(told, stage=STOPPED, stopped_in=VERIFIED)
    return msgspec.structs.replace(told, stage=VERIFIED)


def _later(deps: Deps, move: Move, error: RefusedError) -> Move:
    said = msgspec.json.encode(sentences_of(error))
    return msgspec.structs.replace(move, why=code_of(error), said=said, due_at=deps.clock() + AGAIN_MS)


async def _check_key(deps: Deps, newcomer: Newcomer) -> None:
    """Stop the job if the personal group has a key that this pod didn't set: it was recovered elsewhere."""
    assert newcomer.account_id is not None
    async with deps.store.database.read() as session:
        membership = await load_membership(session, newcomer.account_id, newcomer.personal_group)
        person = (await load_view(session, deps, newcomer.personal_group)).state.members[1]
    if membership is not None and person.signing != membership.signing:
        raise SwitchRule.OTHER_KEY.error()


async def _groups(deps: Deps, move: Move, newcomer: Newcomer) -> Move:
    """Take the groups further that are due; the job is settled when none is left."""
    now, person = deps.clock(), newcomer.personal_group
    async with deps.store.database.read() as session:
        left = await list_open_groups(session, person, AT_ONCE)
    for told in left:
        if _due(told, newcomer, now) > now:
            continue
        seen: dict[str, object] = {"standing": "let go", "why": _ELSEWHERE, "asked_at": now, "let_go": True}
        if not await _recovered(deps, newcomer, told):
            gone = await advance_group(deps, newcomer, told, plain=told.plain)
            seen = {"standing": gone.standing, "why": gone.why[:LONGEST_WHY], "asked_at": now}
        await deps.store.write(partial(_note, person=person, group=told.group_id, seen=seen))
    async with deps.store.database.read() as session:
        left = await list_open_groups(session, person, AT_ONCE)
    if left:
        move, values_due_at = await _values(deps, move, newcomer)
        first = min(values_due_at, *(_due(told, newcomer, now) for told in left))
        return msgspec.structs.replace(move, due_at=max(now + 1_000, first))
    return msgspec.structs.replace(move, stage=SETTLED, due_at=now, current=UNFOLDED)


async def _values(deps: Deps, move: Move, newcomer: Newcomer) -> tuple[Move, int]:
    """Ask for what was sealed in the groups that are here, about once a minute, and tell when to ask next.

    A poll opens at its time, however long another group stands still. What fails is asked again.
    """
    now = deps.clock()
    every = min(max(SEAT_EVERY_MS, (now - (newcomer.arrived_at or now)) // 10), LONGEST_MS)
    asked = _asked_at(move)
    if asked is not None and now < asked + every:
        return move, asked + every
    await _openings_lack(deps, newcomer)
    return msgspec.structs.replace(move, current=f"{UNFOLDED} {now}"), now + every


async def _note(session: AsyncSession, person: RecordId, group: RecordId, seen: dict[str, object]) -> None:
    await note_standing(session, person, group, **seen)


def _due(told: NewcomerGroup, newcomer: Newcomer, now: int) -> int:
    """When to ask again: for a seat once a minute, else the more rarely the longer it stands still."""
    if told.keeps and told.standing == "asked":
        return told.asked_at + SEAT_EVERY_MS
    waited = now - (newcomer.arrived_at or now)
    return told.asked_at + min(max(AGAIN_MS, waited // 10), LONGEST_MS)


async def _recovered(deps: Deps, newcomer: Newcomer, told: NewcomerGroup) -> bool:
    """Whether the member has a key here that neither pod set, as far as this pod has the group."""
    try:
        async with deps.store.database.read() as session:
            state = (await load_view(session, deps, told.group_id)).state
    except RefusedError:
        return False
    member = state.members.get(told.number)
    if member is None or len(member.keys) <= told.keys:
        return False
    return member.keys[told.keys].did != new_key(deps, newcomer, told)
