"""Somebody here who agreed to move, in one of their groups, as the pod to which they move may speak of them.

Only `open_departing` makes one: the asking pod is the one that the person agreed to, proven by its signature.
"""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.addresses import same_origin
from federation.readers import VerifiedPod
from models.moving.departures import Departure, load_departure_of
from models.people.accounts import Account, Membership, load_account, load_membership, take_counter
from pod.actions.chain.views import load_view
from pod.actions.moving.switch_freeze import lag_in, lags
from pod.actions.signer import leaving, signed, signing_key
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.branches import View
from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.content import Header
from protocol.records.drafts import by_signing_key, draft_wish
from protocol.records.operation import Rehome
from protocol.records.parts import Home


class DepartingMember(msgspec.Struct, frozen=True):
    """A membership of an account that agreed to move, and the group as it is now."""

    departure: Departure
    account: Account
    membership: Membership
    view: View

    @property
    def home(self) -> Home:
        """Where the account agreed to move to."""
        return Home(self.departure.pod, self.departure.key)

    @property
    def number(self) -> int:
        """The member's number in the group."""
        return self.view.state.keys[self.membership.signing]

    async def check_ready(self, session: AsyncSession, deps: Deps) -> None:
        """Raise NotNowError unless this membership may move now.

        The personal group goes first, when all that the account wrote anywhere is settled; the others come after it.
        """
        leaving(self.account, self.departure, now=deps.clock())
        group = self.membership.group_id
        if group == self.departure.personal_group:
            late = await lags(session, deps, self.departure)
        elif self.departure.item is None:
            raise SwitchRule.NOT_COMMITTED.error()
        else:
            late = tuple(filter(None, [await lag_in(session, deps, self.departure, group)]))
        if late:
            raise SwitchRule.NOT_DRAINED.error(groups=len(late))
        check_own_key(self.view, self.membership)


def check_own_key(view: View, membership: Membership) -> None:
    """Raise OTHER_KEY where the member has a key that this pod didn't set: they were recovered elsewhere."""
    number = view.state.keys.get(membership.signing)
    if number is None or view.state.members[number].signing != membership.signing:
        raise SwitchRule.OTHER_KEY.error()


async def open_departure(session: AsyncSession, asker: VerifiedPod, person: RecordId) -> tuple[Departure, Account]:
    """The departure of the account with this personal group; NotFoundError unless it is to the pod that asks."""
    departure = await load_departure_of(session, person)
    if departure is None or not same_origin(asker.actor, departure.pod):
        raise SwitchRule.NOT_AGREED.error()
    account = await load_account(session, departure.account_id)
    assert account is not None
    return departure, account


async def open_departing(
    session: AsyncSession, deps: Deps, asker: VerifiedPod, person: RecordId, group: RecordId
) -> DepartingMember:
    """The same in one of the account's groups."""
    departure, account = await open_departure(session, asker, person)
    membership = await load_membership(session, account.id, group)
    if membership is None:
        raise SwitchRule.NOT_AGREED.error()
    return DepartingMember(departure, account, membership, await load_view(session, deps, group))


async def signed_rehome(session: AsyncSession, deps: Deps, found: DepartingMember, signing: DidKey) -> JsonObject:
    """The person's rehome to their new home and its key, with the next counter; nothing is stored but that counter."""
    now, group = deps.clock(), found.membership.group_id
    holder = leaving(found.account, found.departure, now=now)
    counter = await take_counter(session, found.account.id, group)
    header: Header = {"author": found.number, "key": found.membership.key_index, "counter": counter, "at": now}
    body = by_signing_key(draft_wish(Rehome(found.home, signing)), group, header)
    return signed(holder, body, signing_key(deps, holder, found.membership), now=now)
