"""What somebody who moved had sealed in polls, and nothing opened yet, comes to the new pod in clear.

1. The old pod tells it only once the personal group has moved, only to the home that the account moved to, and only of
   groups from which the membership has moved: there the old pod can't open anything any more, so nothing opens twice.
2. The new pod believes a value only where it is what the account's own record committed to. What it can't check yet,
   because the record isn't here, it asks for again.

Spec: portability.md section 3, step 5.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import msgspec

from federation.readers import VerifiedPod
from models.moving.boxes import list_moved_unopened
from models.moving.newcomers import Newcomer
from models.people.accounts import Account
from pod.actions.moving.departing_members import open_departure
from pod.actions.moving.old_pod import ask_old_pod
from pod.actions.moving.sealed_boxes import boxed_value, take_values
from pod.actions.sync.page_budget import PageBudget
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.boxes import BoxedValue
from protocol.ids import RecordId, parse_id

AT_ONCE: Final = 200
MOST_PAGES: Final = 100


class OpeningsWish(msgspec.Struct, frozen=True):
    """Up to which sealed record the asker has the values; "": it has none."""

    after: str = ""


class OpeningsPage(msgspec.Struct, frozen=True):
    """Values by the ids of the records that sealed them; `next`: what to ask for after these, None: nothing."""

    values: tuple[BoxedValue, ...]
    next: str | None = None


async def openings_for(deps: Deps, asker: VerifiedPod, person: RecordId, wish: OpeningsWish) -> OpeningsPage:
    """Tell a page of values to the pod to which the account has moved; raises NotFoundError or NotNowError."""
    after = parse_id(wish.after) if wish.after else None
    async with deps.store.database.read() as session:
        departure, account = await open_departure(session, asker, person)
        if departure.item is None:
            raise SwitchRule.NOT_COMMITTED.error()
        found = await list_moved_unopened(session, account.id, after, AT_ONCE + 1)
    budget, values = PageBudget(), list[BoxedValue]()
    for hidden in found[:AT_ONCE]:
        value = boxed_value(deps, hidden)
        if not budget.take(msgspec.json.encode(value)):
            break
        values.append(value)
    return OpeningsPage(tuple(values), values[-1].sealed if len(values) < len(found) else None)


async def take_openings(deps: Deps, newcomer: Newcomer, account: Account) -> tuple[RecordId, ...]:
    """Fetch all values from the old pod and keep those that fit; returns the records whose values didn't.

    May be asked for again: what is kept stays. Raises RemoteError, or MalformedError for an answer out of order.
    """
    after, refused = "", list[RecordId]()
    for _ in range(MOST_PAGES):
        page = await ask_old_pod(deps, newcomer, "openings", OpeningsWish(after), OpeningsPage)
        _check(page, after)
        # The groups came here with the switch; what one that lags still lacks is asked for again.
        refused += await take_values(deps, account, None, page.values)
        if page.next is None:
            break
        after = page.next
    return tuple(refused)


def _check(page: OpeningsPage, after: str) -> None:
    ids = [after, *(value.sealed for value in page.values)]
    rises = all(lower < higher for lower, higher in pairwise(ids))
    if not rises or len(page.values) > AT_ONCE or page.next not in {None, *ids[1:][-1:]}:
        raise SwitchRule.OTHER_ANSWER.error()
