"""Being known in a group: the entry there names one's personal group, whose log says the same in a claim (ADR 0047).

The entry stays in the group's chain; the claim is what shows it, and is taken back by erasing it. A claim stands in a
public log, so it would tell everybody of a private group: there nobody is known by one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.claims import list_claim_records
from models.people.accounts import Account, load_account, load_membership
from models.people.wanted_claims import forget_wanted, list_wanted
from pod.actions.chain.door import append
from pod.actions.chain.views import load_view
from pod.actions.groups.claimable import check_identity
from pod.actions.posts.records import signed_for, write_record
from pod.actions.signer import Person, PodItself, Signer, load_signing_membership
from pod.actions.sync.push import push
from pod.deps import Deps
from pod.errors import MovingError
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, Claim, ClaimedMembership, Erase
from protocol.records.drafts import draft

AT_ONCE: Final = 100


async def write_claim(
    session: AsyncSession, deps: Deps, signer: Signer, account: Account, group: RecordId, number: int
) -> None:
    """Write in the account's personal group that the account is this member."""
    assert account.personal_group is not None
    claim = draft(Claim(claims=ClaimedMembership(group, number), **UNSIGNED))
    record = await signed_for(session, deps, signer, account, account.personal_group, claim)
    now = deps.clock()
    await append(session, deps, record, origin="", now=now)
    await push(session, deps, record, now=now)


async def sign_wanted(session: AsyncSession, deps: Deps, group: RecordId) -> None:
    """Sign the claims of accounts whose join with their identity is settled now."""
    accounts = await list_wanted(session, group, AT_ONCE)
    if not accounts:
        return
    view = await load_view(session, deps, group)
    for number in accounts:
        account, membership = await load_account(session, number), await load_membership(session, number, group)
        if account is not None and membership is not None and membership.number is None:
            continue
        entry = view.settled.members.get(membership.number or 0) if membership is not None else None
        if entry is None and membership is not None and membership.number is not None:
            continue
        with suppress(MovingError):  # the claim stays wanted; it is written if the move stops
            if account is not None and entry is not None and entry.identity == account.personal_group:
                await write_claim(session, deps, PodItself(), account, group, entry.number)
            await forget_wanted(session, number, group)


async def show_identity(deps: Deps, signer: Person, group: RecordId) -> None:
    """Claim the account's own membership; its join must have named the personal group."""

    async def action(session: AsyncSession) -> None:
        account = signer.account
        _, number = await load_signing_membership(session, deps, account, group)
        state = (await load_view(session, deps, group)).state
        check_identity(account, state.members[number].identity, state.visibility)
        if not await list_claim_records(session, account.personal_group, group):
            await write_claim(session, deps, signer, account, group, number)

    await deps.store.write(action)


async def hide_identity(deps: Deps, signer: Person, group: RecordId) -> None:
    """Erase the account's claims of this group."""

    async def action(session: AsyncSession) -> None:
        personal = signer.account.personal_group
        records = await list_claim_records(session, personal, group)
        if personal is not None and records:
            await write_record(session, deps, signer, personal, draft(Erase(records=tuple(records), **UNSIGNED)))

    await deps.store.write(action)
