"""A browser that somebody signs in with gets a fresh secret; and by which address it counts its tries."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import msgspec
from aiohttp import web

from models.accounts import Account
from models.sessions import Session
from pod.actions.codes import visit_hash
from pod.actions.sessions import open_session
from pod.app_keys import DEPS
from pod.web.rendering import render
from pod.web.visitors import SESSION, VISIT, VISITOR, Visitor, set_cookie, visitor_of
from pod.web.words import words_in

V6_PREFIX: Final = 64


def visit_of(request: web.Request) -> bytes:
    """What codes are bound to: this browser, and no other."""
    return visit_hash(visitor_of(request).begun())


Keep = Callable[[web.Response], web.Response]


async def become(request: web.Request, account: Account) -> Keep:
    """Sign the account in, from this very page on; what is given back hands the browser its secret with an answer.

    The session's secret is new and the visit's is over, so whatever was fixed before is worthless.
    """
    deps = request.app[DEPS]
    secret = await open_session(deps, account, request.headers.get("User-Agent", ""))
    words = words_in(account.language) if account.language else visitor_of(request).words
    request[VISITOR] = Visitor(words, account, None, secret, deps.keyring.forms)

    def keep(response: web.Response) -> web.Response:
        set_cookie(request, response, SESSION, secret)
        set_cookie(request, response, VISIT, "")
        return response

    return keep


async def enter(request: web.Request, account: Account, response: web.Response) -> web.Response:
    """Sign the account in with this answer."""
    return (await become(request, account))(response)


class WordsView(msgspec.Struct, frozen=True):
    """The words that are shown once, with what belongs on the same paper."""

    words: tuple[str, ...]
    name: str
    pod: str
    group: str
    onward: str


async def enter_with_words(request: web.Request, account: Account, phrase: str, onward: str) -> web.Response:
    """Sign a new account in and show its 24 words, which no cache keeps and the pod forgets with this answer."""
    keep, pod = await become(request, account), request.app[DEPS].base_url
    view = WordsView(tuple(phrase.split()), account.name, pod, str(account.personal_group), onward)
    return keep(render(request, "accounts/words.html", view, private=True))


def session_here(request: web.Request) -> Session:
    """The session of a page that only somebody signed in sees."""
    session = visitor_of(request).session
    assert session is not None
    return session


def address_of(request: web.Request) -> str:
    """By what tries are counted: who connects, or whom a proxy on this machine names; of IPv6 the network.

    A proxy adds the address that it saw at the end; what stands before is anybody's claim.
    """
    peer = _address(request.remote or "")
    if peer is not None and peer.is_loopback:
        peer = _address(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()) or peer
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped is None:
        return str(ip_network((peer, V6_PREFIX), strict=False))
    return str(peer)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
