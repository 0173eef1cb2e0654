"""When a form is refused, the page shows what the person typed, to be sent once more.

Handlers needn't think of it: the page of a refusal asks here. A form that another site sent isn't shown, for its button
would send what a stranger wrote; nor is one with a secret in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from pod.web.kit.forms import ONCE_FIELD, TOKEN_FIELD
from pod.web.kit.notices import say
from pod.web.kit.sent_form import PostedForm, sent_form
from pod.web.kit.visitors import is_foreign, say_of
from protocol.errors import RefusedError

# What people type, by the name of its field; what has no name here is kept unseen.
LABELS: Final[Mapping[str, str]] = {
    "title": say("Title"),
    "name": say("Name"),
    "nickname": say("Nickname"),
    "text": say("Text"),
    "description": say("Description"),
    "reason": say("Reason"),
    "why": say("Reason"),
    "note": say("Note"),
    "contact": say("Contact"),
    "terms": say("Terms"),
    "keepers": say("Keepers"),
    "link": say("Invitation or address"),
    "group": say("Group"),
    "address": say("Address of the group"),
    "account": say("Your address there"),
    "handle": say("Name of your account"),
    "host": say("Address of the server"),
    "mail": say("Mail address"),
    "who": say("Name or mail address"),
    "weight": say("Weight"),
    "statement": say("Prediction"),
    "goal": say("Goal"),
    "lock": say("Delegates are frozen before the end"),
    "contest": say("Time in which the result may be contested"),
    "voices": say("How many must be counted"),
    "percent": say("Per cent of the roll that must be counted"),
    "until": say("Until when"),
    "due": say("By which day"),
}
LONG: Final = frozenset({"text", "description", "reason", "terms", "keepers"})
SECRET: Final = frozenset({"phrase", "code", "credential", "invite", "first", "second", "third"})
# What the form would come to the next time is no longer what it came to, so its button is offered without words, too.
PASSING: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.INSUFFICIENT_STORAGE,
    }
)


class KeptField(msgspec.Struct, frozen=True):
    """A field as it was sent; one without label isn't seen, one with rows has lines."""

    name: str
    value: str
    label: str = ""
    rows: int = 0


class KeptForm(msgspec.Struct, frozen=True):
    """A refused form: where it goes, and all that was in it; `once` is of one that is done once."""

    action: str
    once: bool
    seen: tuple[KeptField, ...]
    unseen: tuple[KeptField, ...]


def keep_form(request: web.Request, status: HTTPStatus, *, again: bool = False) -> KeptForm | None:
    """The form of a refused request, if there is something in it to keep or (`again`) it may well be sent once more."""
    if request.method != "POST" or is_foreign(request):
        return None
    try:
        sent = sent_form(request)
    except RefusedError:  # too long or unreadable: that is what the page tells, then
        return None
    kept = _kept(request, sent)
    return kept if kept and (kept.seen or again or status in PASSING) else None


def _kept(request: web.Request, sent: PostedForm) -> KeptForm | None:
    say = say_of(request)
    fields = [
        KeptField(name, value, say(LABELS[name]) if name in LABELS else "", _rows(name, value))
        for name, value in sent.fields
        if name not in {TOKEN_FIELD, ONCE_FIELD}
    ]
    if not sent.fields or any(field.name in SECRET and field.value for field in fields):
        return None
    seen = tuple(field for field in fields if field.label and field.value)
    return KeptForm(
        request.path_qs, bool(sent.last(ONCE_FIELD)), seen, tuple(field for field in fields if field not in seen)
    )


def _rows(name: str, value: str) -> int:
    lines = value.count("\n") + 1
    return min(max(lines + 1, 4), 20) if name in LONG or lines > 1 else 0
