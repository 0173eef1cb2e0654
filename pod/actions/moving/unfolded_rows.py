"""Understood lines of a copy become rows of its account, within the bounds that hold where people type them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, get_args

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.addresses import same_origin
from models.decisions.decision_subscriptions import SUBSCRIPTIONS, DecisionSubscription, put_subscription
from models.decisions.poll_drafts import POLL_DRAFTS, StoredPollDraft, load_poll_draft, put_poll_draft
from models.moving.former_actors import MOST_FORMER, put_former_actor
from models.moving.kept_copies import KeptCopy
from models.moving.newcomers import load_arrival
from models.moving.own_rows import count_own_rows
from models.people.accounts import Account, load_membership, set_frozen, set_language
from models.people.digests import Digest, next_digest_at, save_digest
from models.people.mutes import BLOCKS, put_block
from models.people.own_calls import choose_call_mails
from models.people.subscriptions import FOLLOWINGS, Following, put_following
from models.people.wanted_claims import WANTED, want_claim
from pod.actions.decisions.poll_drafts import MOST_BYTES, MOST_DRAFTS
from pod.actions.decisions.subscriptions import MOST_SUBSCRIPTIONS, SubscriptionKind
from pod.actions.decisions.typed_polls import TypedPoll
from pod.actions.groups.subscriptions import MOST_FOLLOWED
from pod.actions.moving.copy_kinds import (
    CopiedActor,
    CopiedClaimWish,
    CopiedDraft,
    CopiedFollowing,
    CopiedMute,
    CopiedPlace,
    CopiedSettings,
    CopiedSubscription,
)
from pod.deps import Deps
from pod.rules.brought_lines import BroughtLineRule
from pod.translations import LANGUAGES
from protocol.errors import MalformedError
from protocol.ids import parse_id

MOST_MUTES: Final = 10_000
MOST_CLAIM_WISHES: Final = 500
_MOST: Final = {
    FOLLOWINGS: MOST_FOLLOWED,
    SUBSCRIPTIONS: MOST_SUBSCRIPTIONS,
    POLL_DRAFTS: MOST_DRAFTS,
    BLOCKS: MOST_MUTES,
    WANTED: MOST_CLAIM_WISHES,
}


def _is_id(text: str) -> bool:
    try:
        parse_id(text)
    except MalformedError:
        return False
    return True


_MEMBER: Final = re.compile(r"[1-9][0-9]{0,15}")
_MADE_OF: Final[dict[str, Callable[[str], object]]] = {"area": bool, "delegate": _MEMBER.fullmatch, "poll": _is_id}


class RowWriter:
    """Writes the rows of one page. It counts what the account has of a table once, and what it writes itself."""

    def __init__(self, session: AsyncSession, deps: Deps, account: Account, kept: KeptCopy) -> None:
        self._session = session
        self._deps = deps
        self._account = account
        self._kept = kept
        self._counts: dict[Any, int] = {}

    async def write(self, said: object) -> bool:
        """Write what a line says; False if it is to be handed on as it is. Raises the rule that it breaks."""
        writers: dict[type, Callable[[Any], Awaitable[bool]]] = {
            CopiedActor: self._actor,
            CopiedClaimWish: self._claim_wish,
            CopiedDraft: self._draft,
            CopiedFollowing: self._following,
            CopiedPlace: self._membership,
            CopiedMute: self._mute,
            CopiedSettings: self._settings,
            CopiedSubscription: self._subscription,
        }
        write = writers.get(type(said))
        return await write(said) if write else False

    async def _take_room(self, table: Any) -> None:
        if table not in self._counts:
            self._counts[table] = await count_own_rows(self._session, table, self._account.id)
        if self._counts[table] >= _MOST[table]:
            raise BroughtLineRule.BEYOND_BOUND.error()
        self._counts[table] += 1

    async def _claim_wish(self, said: CopiedClaimWish) -> bool:
        await self._take_room(WANTED)
        await want_claim(self._session, self._account.id, said.group_id)
        return True

    async def _following(self, said: CopiedFollowing) -> bool:
        await self._take_room(FOLLOWINGS)
        await put_following(self._session, Following(self._account.id, said.group_id, said.lens, said.since_at))
        return True

    async def _mute(self, said: CopiedMute) -> bool:
        await self._take_room(BLOCKS)
        await put_block(self._session, self._account.id, said.group_id, said.member, now=said.created_at)
        return True

    async def _subscription(self, said: CopiedSubscription) -> bool:
        if said.about not in get_args(SubscriptionKind):
            return False
        if not _MADE_OF[said.about](said.what):
            raise BroughtLineRule.NO_SUCH_ROW.error()
        await self._take_room(SUBSCRIPTIONS)
        wish = DecisionSubscription(said.group_id, said.about, said.what)
        await put_subscription(self._session, self._account.id, wish)
        return True

    async def _draft(self, said: CopiedDraft) -> bool:
        await self._take_room(POLL_DRAFTS)
        draft = StoredPollDraft(said.id, self._account.id, said.group_id, said.saved_at, said.said.encode())
        if len(draft.said) > MOST_BYTES:
            raise BroughtLineRule.UNREADABLE_DRAFT.error()
        try:
            msgspec.json.decode(draft.said, type=TypedPoll)
        except msgspec.MsgspecError as error:
            raise BroughtLineRule.UNREADABLE_DRAFT.error() from error
        await put_poll_draft(self._session, draft)
        # The number of a draft tells it apart on the whole pod, and the old pod may say any.
        if await load_poll_draft(self._session, self._account.id, said.id) is None:
            raise BroughtLineRule.DRAFT_TAKEN.error()
        return True

    async def _settings(self, said: CopiedSettings) -> bool:
        account, now = self._account.id, self._deps.clock()
        if said.language in LANGUAGES:
            await set_language(self._session, account, said.language)
        # Where the switch opened the account, it stays as its person froze it; a copy never opens what is frozen here.
        if said.frozen_at is not None and self._account.frozen_at is None and await self._came_by_switch():
            await set_frozen(self._session, account, at=said.frozen_at)
        if said.digest_hour is not None:
            due = next_digest_at(account, said.digest_hour, now=now) if said.digest else None
            await save_digest(self._session, Digest(account, said.digest_hour, now, due))
        if not said.calls:
            await choose_call_mails(self._session, account, wanted=False)
        return True

    async def _came_by_switch(self) -> bool:
        arrival = await load_arrival(self._session, self._account.id)
        return arrival is not None and arrival.pod == self._kept.pod

    async def _membership(self, said: CopiedPlace) -> bool:
        """A membership comes by the switch, or later by the words: nothing of it is written from a copy."""
        return await load_membership(self._session, self._account.id, said.group_id) is not None

    async def _actor(self, said: CopiedActor) -> bool:
        if not same_origin(said.id, self._kept.pod):
            raise BroughtLineRule.NOT_OF_OLD_POD.error()
        own, now = f"{self._deps.identity.base_url}/", self._deps.clock()
        former = [actor for actor in (said.id, *said.former) if not actor.startswith(own)]
        for place, actor in enumerate(former[:MOST_FORMER]):
            await put_former_actor(self._session, self._account.id, actor, now=now - place)
        return True
