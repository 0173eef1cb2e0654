"""Where an account may show an identity: only its own, and never in a private group (ADR 0047)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_visibility
from models.people.accounts import Account
from pod.rules.groups import GroupRule
from protocol.ids import RecordId


def check_identity(account: Account, identity: object, visibility: str) -> RecordId:
    """Check that `identity` is the account's personal group; raises MalformedError, or MayNotWriteError."""
    if account.personal_group is None or identity != account.personal_group:
        raise GroupRule.NOT_YOUR_IDENTITY.error()
    if visibility == "private":
        raise GroupRule.UNKNOWN_IN_PRIVATE.error()
    return account.personal_group


async def check_claim(session: AsyncSession, claim: dict[str, Any]) -> None:
    """Refuse a claim that would make a private group public knowledge."""
    claims = claim.get("claims")
    group = claims.get("group") if isinstance(claims, dict) else None
    if isinstance(group, str) and await load_visibility(session, RecordId(group)) == "private":
        raise GroupRule.UNKNOWN_IN_PRIVATE.error()
