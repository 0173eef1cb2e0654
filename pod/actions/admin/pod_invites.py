"""Invitations to the pod: made by admins for a number of people and a while, taken back, each act written down."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account
from models.pod.pod_invites import Invite, InviteLine, insert_invite, list_invites, load_invite, revoke_invite
from pod.actions.audit import write_down
from pod.clock import random_bytes
from pod.deps import Deps
from pod.rules.admin import AdminRule

DAY_MS: Final = 86_400_000
MOST_USES: Final = 1000
MOST_DAYS: Final = 365
CODE_BYTES: Final = 10


class InviteWish(msgspec.Struct, frozen=True):
    """An invitation to be made. `approval`: an admin still decides on each person who uses it."""

    note: str
    uses: int
    days: int
    approval: bool


async def invite(deps: Deps, admin: Account, wish: InviteWish) -> str:
    """Make an invitation and return its code, this once."""
    if not 1 <= wish.uses <= MOST_USES or not 1 <= wish.days <= MOST_DAYS:
        raise AdminRule.INVITE_BOUNDS.error(most=MOST_USES, days=MOST_DAYS)
    code, now = base64.b32encode(random_bytes(CODE_BYTES)).decode().lower(), deps.clock()
    made = Invite(
        *(0, code_hash(code), admin.id, wish.note[:200], wish.uses, 0, wish.approval, now),
        *(now + wish.days * DAY_MS, None),
    )

    async def action(session: AsyncSession) -> None:
        number = await insert_invite(session, made)
        after = f"for {wish.uses}, {wish.days} days" + (", with approval" if wish.approval else "")
        await write_down(session, deps, admin.name, "invite", f"#{number}", after=after, why=wish.note)

    await deps.store.write(action)
    return code


def code_hash(typed: str) -> str:
    """The hash under which the database keeps an invitation's code; spelling variants give the same hash."""
    return hashlib.sha256(typed.strip().lower().encode()).hexdigest()


async def take_back(deps: Deps, admin: Account, number: int) -> None:
    """Revoke an invitation; raises NotFoundError."""

    async def action(session: AsyncSession) -> None:
        held = await load_invite(session, number)
        if held is None:
            raise AdminRule.NO_SUCH_INVITE.error()
        if held.revoked_at is None:
            await revoke_invite(session, number, now=deps.clock())
            left = f"{held.most_uses - held.uses} left"
            await write_down(session, deps, admin.name, "invite", f"#{number}", before=left, after="taken back")

    await deps.store.write(action)


async def read_invites(deps: Deps, limit: int, *, before: int | None) -> list[InviteLine]:
    """Invitations, the latest first."""
    async with deps.store.database.read() as session:
        return await list_invites(session, limit, before=before)
