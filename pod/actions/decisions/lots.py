"""Keepers at home here give their shares for a lot, in a round that may end in one; the pod opens them afterwards."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.course import PollRound
from models.decisions.hidden_values import HiddenValue, load_own_hidden, put_hidden
from models.people.accounts import load_account, load_numbered
from pod.actions.decisions.hidden_values import LOT_KIND, opens_at, sealed_up
from pod.actions.decisions.poll_course import PollSoFar
from pod.actions.posts.records import write_for
from pod.actions.signer import load_staying, signing_seed
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, LotShare
from protocol.records.drafts import draft

FIRST_WITH_LOT: Final = 2
SECRET_BYTES: Final = 32


async def give_shares(session: AsyncSession, deps: Deps, so_far: PollSoFar) -> None:
    """Log the shares of all keepers at home here who gave none yet in the round that is held."""
    assert so_far.course is not None
    assert so_far.facts is not None
    held = so_far.course.now
    if held.number < FIRST_WITH_LOT or held.locked is not None:
        return
    for keeper in so_far.facts.keepers:
        await _give_share(session, deps, so_far.poll.group_id, so_far.poll.id, held, keeper)


async def _give_share(
    session: AsyncSession, deps: Deps, group: RecordId, poll: RecordId, held: PollRound, keeper: int
) -> None:
    membership = await load_numbered(session, group, keeper)
    account = await load_account(session, membership.account_id) if membership is not None else None
    if membership is None or account is None:
        return
    if await load_own_hidden(session, account.id, poll, LOT_KIND, held.number) is not None:
        return
    info = f"lot{poll}{held.number}".encode("ascii")
    try:
        seed = signing_seed(deps, await load_staying(session, deps, account), membership)
        secret = HKDF(SHA256(), SECRET_BYTES, salt=None, info=info).derive(seed)
        share = LotShare(poll=poll, commitment=sha256(secret).hexdigest(), round=held.number, **UNSIGNED)
        record = await write_for(session, deps, account, group, draft(share))
    except RefusedError:
        return  # the member left or is on the way to another pod
    box = sealed_up(deps, record.id, secret.hex())
    until = opens_at(held, LOT_KIND)
    hidden = HiddenValue(record.id, account.id, group, poll, LOT_KIND, held.number, 0, "", box, None, until)
    await put_hidden(session, hidden)
