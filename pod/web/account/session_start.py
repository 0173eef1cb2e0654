"""When a person signs in, or proves once more who they are, the pod gives their browser a new secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import web

from models.people.accounts import Account
from models.people.sessions import Session
from pod.actions.accounts.mailed_codes import visit_hash
from pod.actions.accounts.sessions import open_session, renew_session
from pod.actions.accounts.sign_in import mark_of
from pod.app_keys import DEPS
from pod.budgets.payers import SESSION
from pod.translations import translator_for
from pod.web.kit.templates import render
from pod.web.kit.visitors import (
    A_YEAR_SECONDS,
    KNOWN,
    VISIT,
    VISITOR,
    Visitor,
    cookie_of,
    set_cookie,
    visitor_of,
)
from pod.web.kit.way_back import FRONT, local_path


def visit_of(request: web.Request) -> bytes:
    """What codes are bound to: this browser, and no other."""
    return visit_hash(visitor_of(request).begun())


ONWARD: Final = "onward"
LONGEST_ONWARD: Final = 1000
A_DAY_SECONDS: Final = 86_400
Keep = Callable[[web.Response], web.Response]


async def become(request: web.Request, account: Account) -> Keep:
    """Sign the account in, from this very page on; what is given back hands the browser its secret with an answer.

    The session's secret is new and the visit's is over, so a secret that somebody fixed before is worthless.
    """
    deps = request.app[DEPS]
    secret = await open_session(deps, account, request.headers.get("User-Agent", ""))
    say = translator_for(account.language) if account.language else visitor_of(request).say
    request[VISITOR] = Visitor(say, account, None, secret, deps.identity.keyring.forms)

    def keep(response: web.Response) -> web.Response:
        set_cookie(request, response, SESSION, secret)
        set_cookie(request, response, VISIT, "")
        set_cookie(request, response, KNOWN, mark_of(deps, account), seconds=A_YEAR_SECONDS)
        return response

    return keep


async def enter(request: web.Request, account: Account, response: web.Response) -> web.Response:
    """Sign the account in with this answer."""
    return (await become(request, account))(response)


async def go_on_proved(request: web.Request, response: web.Response) -> web.Response:
    """Have the browser go on, with this answer, as one whose person proved just now who they are."""
    set_cookie(request, response, SESSION, await renew_session(request.app[DEPS], session_here(request)))
    return response


class PhraseView(msgspec.Struct, frozen=True):
    """The words that are shown once, with what belongs on the same paper."""

    phrase: tuple[str, ...]
    name: str
    pod: str
    group: str
    onward: str


async def enter_with_phrase(request: web.Request, account: Account, phrase: str, onward: str) -> web.Response:
    """Sign a new account in and show its 24 words, which no cache keeps and the pod forgets with this answer."""
    keep, pod = await become(request, account), request.app[DEPS].identity.base_url
    view = PhraseView(tuple(phrase.split()), account.name, pod, str(account.personal_group), onward)
    return keep_onward(request, keep(render(request, "account/words.html", view, private=True)), "")


def keep_onward(request: web.Request, response: web.Response, to: str, *, days: int = 1) -> web.Response:
    """Have this browser remember where somebody comes from who signs up, e.g. an invitation, until there is an account.

    The browser, because an invitation's secret has no place in the pod's store. An empty `to` forgets it.
    """
    onward = local_path(to)
    path = onward if onward != FRONT and len(onward) <= LONGEST_ONWARD else ""
    if path or cookie_of(request, ONWARD):
        set_cookie(request, response, ONWARD, path, seconds=days * A_DAY_SECONDS)
    return response


def onward_of(request: web.Request) -> str:
    """Where somebody goes on to whose account was just opened; the front page where nothing is remembered."""
    return local_path(cookie_of(request, ONWARD, longest=LONGEST_ONWARD))


def session_here(request: web.Request) -> Session:
    """The session of a page that only somebody signed in sees."""
    session = visitor_of(request).session
    assert session is not None
    return session
