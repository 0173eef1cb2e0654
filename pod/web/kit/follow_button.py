"""A button by which a person follows something of a group's decisions, or stops; with how it stands now."""

from __future__ import annotations

import msgspec
from aiohttp import web

from models.decisions.decision_subscriptions import DecisionSubscription
from pod.actions.decisions.subscriptions import SubscriptionKind, is_followed
from pod.app_keys import DEPS
from pod.web.kit.visitors import reader_of
from protocol.ids import RecordId


class FollowButton(msgspec.Struct, frozen=True):
    """What is followed, by which name; `back`: the page of this pod to come back to."""

    path: str
    kind: SubscriptionKind
    what: str
    name: str
    follows: bool
    back: str


def follow_button(
    group: RecordId, kind: SubscriptionKind, what: str, name: str, *, follows: bool, back: str = ""
) -> FollowButton:
    """The button for one thing of a group."""
    return FollowButton(f"/g/{group}/polls/follow", kind, what, name, follows, back)


async def load_follow_button(
    request: web.Request, group: RecordId, kind: SubscriptionKind, what: str, name: str
) -> FollowButton | None:
    """The button as it stands for whoever looks, back to this page; None for who isn't signed in."""
    account = reader_of(request)
    if account is None:
        return None
    follows = await is_followed(request.app[DEPS], account, DecisionSubscription(group, kind, what))
    return follow_button(group, kind, what, name, follows=follows, back=request.path)
