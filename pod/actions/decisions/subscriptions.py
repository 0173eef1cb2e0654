"""A person follows subject areas, delegates and polls of a group, for their digest; nobody else learns of it."""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.decision_subscriptions import (
    DecisionSubscription,
    delete_subscription,
    has_subscription,
    list_subscriptions,
    put_subscription,
)
from models.people.accounts import Account
from pod.actions.access import open_group
from pod.deps import Deps
from pod.rules.questions import AskingRule
from protocol.ids import RecordId

SubscriptionKind = Literal["area", "delegate", "poll"]
MOST_SUBSCRIPTIONS: Final = 500


async def subscribe(deps: Deps, account: Account, wish: DecisionSubscription, *, follows: bool) -> None:
    """Follow something of a group that the account may read, or follow it no more."""

    async def action(session: AsyncSession) -> None:
        if not follows:
            return await delete_subscription(session, account.id, wish)
        await open_group(session, deps, account, wish.group_id)
        if len(await list_subscriptions(session, account.id, most=MOST_SUBSCRIPTIONS)) >= MOST_SUBSCRIPTIONS:
            raise AskingRule.MANY_SUBSCRIPTIONS.error(most=MOST_SUBSCRIPTIONS)
        return await put_subscription(session, account.id, wish)

    await deps.store.write(action)


async def is_followed(deps: Deps, account: Account, wish: DecisionSubscription) -> bool:
    """Whether the account follows this."""
    async with deps.store.database.read() as session:
        return await has_subscription(session, account.id, wish)


async def list_followed(deps: Deps, account: Account, group: RecordId) -> frozenset[tuple[str, str]]:
    """What the account follows in a group, as (kind, what)."""
    async with deps.store.database.read() as session:
        found = await list_subscriptions(session, account.id, most=MOST_SUBSCRIPTIONS)
    return frozenset((one.kind, one.what) for one in found if one.group_id == group)
