"""Who looks at a page: the account or nobody, the language, and the token that their forms must carry.

Security of forms, in one place:

- The session's cookie is HttpOnly, SameSite=Lax, and Secure with the `__Host-` prefix where the pod speaks https.
- A form carries an HMAC of the session's secret, or of the visit's cookie for those who aren't signed in; a sign-in
  begins a session with a fresh secret, so a secret that somebody fixed before is worthless.
- A POST whose `Origin` or `Sec-Fetch-Site` says that another site sent it is refused before the token is looked at.
  `Origin: null` names no site: browsers send it from a page that keeps its address secret. Then `Sec-Fetch-Site` must
  say that the page was ours; a browser that sends neither is refused.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_urldispatcher import UrlMappingMatchInfo

from federation.addresses import origin_of
from models.people.accounts import Account
from models.people.sessions import Session
from pod.actions.accounts.sessions import LIFE_MS, session_of
from pod.actions.reading.person.profile import Counts, count_news
from pod.actions.signer import SignedIn
from pod.app_keys import DEPS
from pod.budgets.payers import SESSION, pay_as
from pod.clock import random_token
from pod.contracts import contract_of
from pod.deps import Deps
from pod.gates import pages, unmatched
from pod.rules.accounts import AccountRule
from pod.rules.requests import RequestRule
from pod.translations import DEFAULT, LANGUAGES, Translator, preferred, translator_for

VISIT: Final = "visit"
LANGUAGE: Final = "language"
KNOWN: Final = "known"
A_YEAR_SECONDS: Final = 365 * 86_400
LONGEST_COOKIE: Final = 100
MEMBERS: Final = frozenset({"account", "admin"})


@dataclass
class Visitor:
    """Who asks for a page. `account` and `session` are None for those who aren't signed in.

    `asked`: a form of the page carries this visitor's token.
    """

    say: Translator
    account: Account | None
    session: Session | None
    secret: str
    key: bytes
    counts: Counts = field(default_factory=Counts)
    fresh: bool = field(default=False)
    asked: bool = False

    @property
    def form_token(self) -> str:
        """What a form of this visitor carries."""
        self.asked = True
        return hmac.digest(self.key, self.begun().encode(), "sha256").hex()

    def begun(self) -> str:
        """The secret; a visit that had none yet gets one with the page."""
        if not self.secret:
            self.secret, self.fresh = random_token(), True
        return self.secret


VISITOR: Final = web.RequestKey("visitor", Visitor)


def has_visitors(match: UrlMappingMatchInfo) -> bool:
    """Pages. A group's files and feeds, too, show a private group to its members.

    And who meets nothing at an address is told so by a page that knows them.
    """
    resource = match.route.resource
    return resource is None or resource.canonical.startswith("/g/") or pages(match)


@web.middleware
async def know_visitors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who looks at a page; other routes have tokens and signatures of their own."""
    if request.method == "GET" or not unmatched(request.match_info):
        request[VISITOR] = await _visitor(request)
    return await handler(request)


async def _visitor(request: web.Request) -> Visitor:
    deps = request.app[DEPS]
    secret = cookie_of(request, SESSION)
    found = await session_of(deps, secret) if secret else None
    session, account = found or (None, None)
    if account:
        await pay_as(request, account)
    say = translator_for(_language(request, account))
    kept = secret if found else cookie_of(request, VISIT)
    counts = await count_news(deps, account) if account else Counts()
    return Visitor(say, account, session, kept, deps.identity.keyring.forms, counts)


def stranger(request: web.Request) -> Visitor:
    """The visitor of an address that is none."""
    return Visitor(translator_for(_language(request, None)), None, None, "", request.app[DEPS].identity.keyring.forms)


def visitor_of(request: web.Request) -> Visitor:
    """Who looks at this page."""
    return request[VISITOR] if VISITOR in request else stranger(request)


def reader_of(request: web.Request) -> Account | None:
    """The account that reads, if there is one."""
    return visitor_of(request).account


def account_of(request: web.Request) -> Account:
    """The account that acts; raises SignInError, whose page leads back to here."""
    account = visitor_of(request).account
    if account is None:
        raise AccountRule.SIGN_IN_FIRST.error()
    return account


def signer_of(request: web.Request) -> SignedIn:
    """The browser that has something signed; raises SignInError."""
    account, session = account_of(request), visitor_of(request).session
    return SignedIn(account, session.confirmed_at if session else 0)


def say_of(request: web.Request) -> Translator:
    """The translator for the visitor's language."""
    return visitor_of(request).say


def _language(request: web.Request, account: Account | None) -> str:
    chosen = cookie_of(request, LANGUAGE) or (account.language if account else "")
    if chosen in LANGUAGES:
        return chosen
    return preferred(request.headers.get("Accept-Language", "")) or DEFAULT


def check_form(request: web.Request, token: str) -> None:
    """Refuse a form that isn't one of ours to this visitor; raises ForgedFormError, or SignInError."""
    visitor, stated = visitor_of(request), contract_of(request.match_info.handler)
    if is_foreign(request):
        raise RequestRule.FORM_FROM_ELSEWHERE.error()
    if stated is not None and stated.who in MEMBERS:
        account_of(request)  # whose session ended meanwhile is told that, and not that the form is an old one
    if not visitor.secret or not hmac.compare_digest(visitor.form_token.encode(), token.encode()):
        raise RequestRule.FORM_OF_OTHER_VISIT.error()


def is_foreign(request: web.Request) -> bool:
    """Whether the browser says that a page of another site sent this form, or hides who did."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in {None, "same-origin", "none"}:
        return True
    if origin == "null":
        return site is None
    return origin not in {None, request.app[DEPS].identity.base_url}


def cookie_name(deps: Deps, name: str) -> str:
    """`__Host-` binds a cookie to exactly this host over https; on a local http pod browsers refuse the prefix.

    Cookies don't know ports, so pods on one machine must not take each other's.
    """
    origin = origin_of(deps.identity.base_url)
    return f"__Host-{name}" if origin.scheme == "https" else f"{name}-{origin.port}"


def cookie_of(request: web.Request, name: str, *, longest: int = LONGEST_COOKIE) -> str:
    """A cookie of ours; empty if there is none. Ours are ASCII: what isn't came from somebody else."""
    value = request.cookies.get(cookie_name(request.app[DEPS], name), "")[:longest]
    return value if value.isascii() else ""


def set_cookie(
    request: web.Request, response: web.StreamResponse, name: str, value: str, *, seconds: int = LIFE_MS // 1000
) -> None:
    """Hand a cookie over; an empty value takes it back."""
    deps = request.app[DEPS]
    response.set_cookie(
        cookie_name(deps, name),
        value,
        max_age=seconds if value else 0,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=deps.identity.base_url.startswith("https:"),
    )
