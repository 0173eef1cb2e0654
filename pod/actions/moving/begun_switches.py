"""What a traveller decides of a switch at the new pod: to ask for it, to stop it, to go on without a group, to enter.

The code that the old pod gives is taken only from the browser in which the move began, as that of the grant is.
"""

from __future__ import annotations

import hmac
from functools import partial
from typing import TypeVar

import msgspec

from federation.addresses import same_origin
from federation.errors import RemoteError
from models.moving.kept_copies import list_manifests
from models.moving.moves import SETTLED, STOPPED, SWITCHING, VERIFIED, Move, set_move, set_stage
from models.moving.newcomers import Newcomer, delete_newcomer, load_newcomer, set_plain
from models.people.accounts import Account, load_account
from models.people.factors import list_passkeys
from models.people.mail_addresses import load_mail_address
from pod.actions.moving.begun_moves import grant_of
from pod.actions.moving.grant_messages import AskingHome, ConsentPage, ShownCode, challenge_of
from pod.actions.moving.newcomers import begin, let_go
from pod.actions.moving.old_pod import ask_old_pod, refusal_in
from pod.actions.moving.switch_messages import AgreedSwitch, StoppedSwitch, WantedSwitch
from pod.clock import random_token
from pod.deps import Deps
from pod.errors import NotFoundError
from pod.rules.grants import GrantRule
from pod.rules.switches import SwitchRule
from protocol.ids import RecordId

T = TypeVar("T", bound=msgspec.Struct)


async def ask_for_switch(deps: Deps, move: Move) -> None:
    """Push the request to the old pod and keep where the person agrees; raises its refusal, or RemoteError."""
    if move.stage != VERIFIED or move.copy_id is None or not move.name:
        raise SwitchRule.NOTHING_TO_SWITCH.error()
    async with deps.store.database.read() as session:
        manifest = msgspec.json.decode((await list_manifests(session, move.copy_id))[0])
    verifier, state, home = random_token(), random_token(), deps.identity.home
    wanted = WantedSwitch(
        *(grant_of(deps, move), AskingHome(home.pod, home.key), manifest, move.name),
        *(challenge_of(verifier), state),
    )
    told = await _ask(deps, move, "asked", wanted, ConsentPage)
    if not same_origin(told.page, move.pod):
        raise GrantRule.ANSWER_OF_ANOTHER.error()
    sealed = deps.identity.keyring.seal(verifier.encode(), _purpose(move))
    await _keep(deps, move, state=state, consent_page=told.page, verifier=sealed)


async def take_switch_code(deps: Deps, move: Move, state: str, code: str) -> None:
    """Have the consent hold that the code stands for, and begin; raises OtherBrowserError, a refusal or RemoteError."""
    if not move.state or not hmac.compare_digest(move.state.encode(), state.encode()) or move.verifier is None:
        raise GrantRule.BEGAN_ELSEWHERE.error()
    assert move.group_id is not None
    verifier = deps.identity.keyring.unseal(move.verifier, _purpose(move)).decode()
    agreed = await _ask(deps, move, "agreed", ShownCode(code, verifier), AgreedSwitch)
    if agreed.group != move.group_id:
        raise GrantRule.ANSWER_OF_ANOTHER.error()
    await begin(deps, move.group_id, move.pod, move.name)
    now = deps.clock()
    over = {"state": "", "consent_page": "", "verifier": None, "why": "", "said": None, "tries": 0}
    await _keep(deps, move, **over, stage=SWITCHING, stage_at=now, due_at=now)


async def stop_switch(deps: Deps, move: Move) -> None:
    """Stay at the old pod, at the wish of the person; raises NotNowError once the personal group has moved."""
    await stop_there(deps, move)
    now = deps.clock()
    again = now if move.standing else None  # a second home looks on
    back = {"stage": VERIFIED, "stage_at": now, "due_at": again, "why": "", "said": None}
    await deps.store.write(partial(set_stage, sha256=move.sha256, stage=SWITCHING, changes=back))


async def stop_there(deps: Deps, move: Move) -> None:
    """Have the old pod forget what the account agreed to, and this one the keys that it would have had here."""
    person = move.group_id
    assert person is not None
    try:
        await _ask(deps, move, "stop", {}, StoppedSwitch)
    except NotFoundError as refusal:
        if refusal.refused.rule is not SwitchRule.NOT_AGREED:
            raise
    # Nothing was committed there, so nobody can have a key of this seed any more.
    await deps.store.write(lambda session: delete_newcomer(session, person))


async def let_group_go(deps: Deps, move: Move, group: RecordId) -> None:
    """Go without a group that stands still: the words fetch it later."""
    newcomer = await _arrived(deps, move)
    await let_go(deps, newcomer.personal_group, group)
    await _hasten(deps, move)


async def go_plainly(deps: Deps, move: Move, group: RecordId) -> None:
    """Go without a handover that names the seat anew: the old pod allows it after three refusals."""
    newcomer = await _arrived(deps, move)
    await deps.store.write(partial(set_plain, personal_group=newcomer.personal_group, group=group))
    await _hasten(deps, move)


async def entering(deps: Deps, move: Move) -> Account:
    """The account here of a traveller who has no way to sign in yet; raises NotNowError."""
    newcomer = await _arrived(deps, move)
    assert newcomer.account_id is not None
    async with deps.store.database.read() as session:
        account = await load_account(session, newcomer.account_id)
        mail = await load_mail_address(session, newcomer.account_id)
        keys = await list_passkeys(session, newcomer.account_id, 1)
    if account is None or account.disabled or keys or (mail is not None and mail.verified_at is not None):
        raise SwitchRule.SIGN_IN_THERE.error()
    return account


async def newcomer_of(deps: Deps, move: Move) -> Newcomer | None:
    """The person of a move, once their switch has begun."""
    stage = move.stopped_in if move.stage == STOPPED else move.stage
    if move.group_id is None or stage not in (SWITCHING, SETTLED):
        return None
    async with deps.store.database.read() as session:
        newcomer = await load_newcomer(session, move.group_id)
    return newcomer if newcomer is not None and same_origin(newcomer.pod, move.pod) else None


async def _arrived(deps: Deps, move: Move) -> Newcomer:
    newcomer = await newcomer_of(deps, move)
    if newcomer is None or newcomer.account_id is None:
        raise SwitchRule.NOT_HERE_YET.error()
    return newcomer


async def _hasten(deps: Deps, move: Move) -> None:
    now = deps.clock()
    await deps.store.write(lambda session: set_stage(session, move.sha256, SWITCHING, {"due_at": now}))


async def _ask(deps: Deps, move: Move, step: str, wish: object, kind: type[T]) -> T:
    """The old pod's answer; raises the refusal that it told, if that is one of a switch, or RemoteError."""
    assert move.group_id is not None
    coming = Newcomer(move.group_id, move.pod, move.name, b"", 0)
    try:
        return await ask_old_pod(deps, coming, step, wish, kind)
    except RemoteError as error:
        refused = refusal_in(error.body)
        if refused is None:
            raise
        raise refused.rule.error(**refused.facts) from error


async def _keep(deps: Deps, move: Move, **changes: object) -> None:
    if not await deps.store.write(lambda session: set_move(session, move, **changes)):
        raise GrantRule.NO_MOVE_HERE.error()


def _purpose(move: Move) -> str:
    return f"switch/{move.sha256.hex()}"
