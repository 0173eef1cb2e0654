"""What people paste becomes a group and a pod that holds it: a handle, an address of any pod's page, an id, a link.

Pasting proves nothing: a group's id is its root's hash, and a name on another pod is only that pod's claim.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import Final

import msgspec
from yarl import URL

from federation.addresses import parse_url
from federation.content_types import PLAIN_JSON
from federation.errors import RemoteError
from federation.webfinger import Handle, parse_descriptor, parse_handle, question
from models.people.accounts import folded_name, load_account_named
from pod.actions.fediverse.actor_documents import handle_host
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id

INVITATION: Final = "/invitation/"
_ID: Final = re.compile(r"bagaaiera[a-z2-7]{51}[aq]")
_PERSON: Final = re.compile(r"/(?:@|u/)([^/@?#\s]{1,128})/?")
_SEED: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class PastedLink(msgspec.Struct, frozen=True):
    """A group, a pod that holds it (empty: unknown), and the seed of an invitation's key if it is such a link."""

    group: RecordId | None
    pod: str
    seed: bytes | None = None


class _Person(msgspec.Struct, frozen=True):
    group: RecordId


async def resolve(deps: Deps, typed: str) -> PastedLink:
    """Where the pasted text leads; raises MalformedError, NotFoundError, RemoteError.

    For an invitation's link the group is None, because only its pod knows it. Never call this inside a write action.
    """
    text = typed.strip()
    if text.startswith(("http://", "https://")):
        return await _by_url(deps, _url(text))
    if (found := _ID.search(text)) is not None:
        return PastedLink(parse_id(found.group()), "")
    if "@" in text:
        return await _by_handle(deps, parse_handle(text))
    raise GroupRule.PASTE_AN_ADDRESS.error()


def seed_in(secret: str) -> bytes:
    """The seed at the end of an invitation's link; raises MalformedError."""
    if not _SEED.fullmatch(secret):
        raise GroupRule.HALF_AN_INVITATION.error()
    return urlsafe_b64decode(secret + "=")


def _url(text: str) -> URL:
    try:
        return URL(text)
    except ValueError as error:
        raise GroupRule.UNREADABLE_ADDRESS.error() from error


async def _by_url(deps: Deps, url: URL) -> PastedLink:
    try:
        parsed = parse_url(str(url.with_fragment(None)))
    except RefusedError:
        if not deps.identity.base_url.startswith("http:"):
            raise
        parsed = url
    pod = str(parsed.origin())
    if parsed.path.startswith(INVITATION):
        return PastedLink(None, pod, seed_in(parsed.path.removeprefix(INVITATION).rstrip("/")))
    if (found := _ID.search(parsed.path_qs)) is not None:
        named = parsed.query.get("pod", "")
        return PastedLink(parse_id(found.group()), str(URL(named).origin()) if _is_origin(named) else pod)
    if (person := _PERSON.fullmatch(parsed.path)) is not None:
        return await _person(deps, pod, person.group(1))
    raise GroupRule.NEITHER_GROUP_NOR_PERSON.error()


def _is_origin(text: str) -> bool:
    return text.startswith(("http://", "https://")) and URL(text).host is not None


async def _by_handle(deps: Deps, handle: Handle) -> PastedLink:
    if handle.host == handle_host(deps):
        return await _person(deps, deps.identity.base_url, handle.name)
    asked = URL(question(handle.host, f"acct:{handle}"))
    if deps.identity.base_url.startswith("http:"):
        asked = asked.with_scheme("http")
    described = parse_descriptor(await deps.outside.http.get_json(str(asked)))
    for actor in described.actors:
        if described.may_show(handle, actor):
            return await _by_url(deps, _url(actor))
    raise GroupRule.NOBODY_THERE.error()


async def _person(deps: Deps, pod: str, name: str) -> PastedLink:
    if pod == deps.identity.base_url:
        async with deps.store.database.read() as session:
            account = await load_account_named(session, name)
        if account is None or account.disabled or account.personal_group is None:
            raise GroupRule.NOBODY_OF_THAT_NAME.error()
        return PastedLink(account.personal_group, pod)
    url = str(URL(pod) / "api" / "v1" / "people" / folded_name(name))
    try:
        answer = await deps.outside.http.get_json(url, types=frozenset({PLAIN_JSON}))
        return PastedLink(parse_id(msgspec.convert(answer, _Person).group), pod)
    except RemoteError as error:
        if error.status is not None and not error.retry:
            raise GroupRule.NO_POD_THERE.error() from error
        raise
    except msgspec.ValidationError as error:
        raise GroupRule.ANSWER_NAMES_NO_GROUP.error() from error
