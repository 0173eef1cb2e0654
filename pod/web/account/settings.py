"""A person's settings: an overview, the signed-in browsers, API tokens, and what the pod can do with their keys."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from models.people.accounts import Token
from models.people.sessions import Session
from pod.actions.accounts.api_tokens import list_own_tokens, make_token, revoke_own_token
from pod.actions.accounts.overview import AccountSight, look_at
from pod.actions.accounts.sessions import check_confirmed, end_other_sessions, end_session, list_own_sessions
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.accounts import AccountRule
from pod.translations import LANGUAGES, Translator
from pod.web.account.browser_names import agent_name
from pod.web.account.session_start import session_here
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.once import shown_once
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of
from protocol.limits import FEW_RECOVERY_KEYS

routes = web.RouteTableDef()


class SettingsDoor(msgspec.Struct, frozen=True):
    """A part of the settings: its name, how it stands, where it is changed."""

    name: str
    state: str
    href: str


class SettingsView(msgspec.Struct, frozen=True):
    """All settings at a glance."""

    name: str
    nags: bool
    few_keys: bool
    doors: tuple[SettingsDoor, ...]


class SessionLine(msgspec.Struct, frozen=True):
    """A signed-in browser."""

    id: str
    agent: str
    seen: str
    since: str
    here: bool


class SessionsView(msgspec.Struct, frozen=True):
    """All signed-in browsers."""

    sessions: tuple[SessionLine, ...]
    others: bool


class SessionForm(msgspec.Struct, frozen=True):
    """Which one ends."""

    session: str = ""


class TokenView(msgspec.Struct, frozen=True):
    """An API token."""

    name: str
    made: str
    used: str
    decides: bool


class TokensView(FormView, frozen=True):
    """API tokens; `fresh` is shown once."""

    tokens: tuple[TokenView, ...]
    name: str = ""
    decide: bool = False
    fresh: str = ""


class TokenForm(msgspec.Struct, frozen=True):
    """A token's name, and whether it may decide."""

    name: str = ""
    decide: bool = False


class SettingsActForm(msgspec.Struct, frozen=True):
    """A button."""


@routes.get("/settings")
@contract("account", media_type=HTML)
async def get_settings(request: web.Request) -> web.Response:
    """Everything that somebody can set, and how it stands."""
    account = account_of(request)
    sight, say = await look_at(request.app[DEPS], account), say_of(request)
    few = sight.keys_left < FEW_RECOVERY_KEYS
    view = SettingsView(account.name, not sight.phrase_checked, few, _doors(say, sight))
    return render(request, "account/settings.html", view)


def _doors(say: Translator, sight: AccountSight) -> tuple[SettingsDoor, ...]:
    mail = sight.mail.address if sight.mail else say("None yet")
    if sight.mail and sight.mail.verified_at is None:
        mail = say("%(mail)s, not proved yet", mail=mail)
    app = say("On; %(count)s recovery codes left", count=sight.codes_left) if sight.has_authenticator else say("Off")
    decisions = say("Nothing is decided in your name") if sight.frozen else say("Was it you?")
    words = say("Checked") if sight.phrase_checked else say("Not checked yet")
    return (
        SettingsDoor(say("Language"), LANGUAGES[say.language], "/language?back=/settings"),
        SettingsDoor(say("Mail address"), mail, "/settings/mail"),
        SettingsDoor(say("Signed-in browsers"), say.number(sight.sessions), "/settings/sessions"),
        SettingsDoor(say("Passkeys"), say.number(sight.passkeys), "/settings/passkeys"),
        SettingsDoor(say("Authenticator app"), app, "/settings/authenticator"),
        SettingsDoor(say("API tokens"), say.number(sight.tokens), "/settings/tokens"),
        SettingsDoor(say("Servers that may read your account"), "", "/settings/grants"),
        SettingsDoor(say("Your move"), "", "/settings/moved"),
        SettingsDoor(say("Mails about decisions"), "", "/settings/digest"),
        SettingsDoor(say("Calendar and feed of decisions"), "", "/settings/feeds"),
        SettingsDoor(say("Votes in your name"), decisions, "/settings/words" if sight.frozen else "/settings/not-me"),
        SettingsDoor(say("The 24 words"), words, "/settings/words"),
        SettingsDoor(say("Recovery kit"), say("Due") if sight.kit_due else say("Made this month"), "/settings/kit"),
        SettingsDoor(say("Your keys on this pod"), say("What it can do with them"), "/settings/keys"),
        SettingsDoor(say("Take everything with you"), say("Your account as a file"), "/settings/archive"),
        SettingsDoor(say("Bring things from elsewhere"), "", "/settings/import"),
    )


class KeysView(msgspec.Struct, frozen=True):
    """What the pod can do with somebody's keys."""

    left: str


@routes.get("/settings/keys")
@contract("account", media_type=HTML)
async def get_keys(request: web.Request) -> web.Response:
    """What this pod can do in somebody's name, and what ends that."""
    sight = await look_at(request.app[DEPS], account_of(request))
    return render(request, "account/keys.html", KeysView(say_of(request).number(sight.keys_left)))


@routes.get("/settings/sessions")
@contract("account", media_type=HTML)
async def get_sessions(request: web.Request) -> web.Response:
    """Which browsers are signed in."""
    sessions = await list_own_sessions(request.app[DEPS], account_of(request))
    say, here = say_of(request), session_here(request).sha256
    lines = tuple(_session(say, one, here=one.sha256 == here) for one in sessions)
    return render(request, "account/sessions.html", SessionsView(lines, others=len(lines) > 1))


def _session(say: Translator, one: Session, *, here: bool) -> SessionLine:
    return SessionLine(
        one.sha256.hex(), agent_name(say, one.agent), say.day(one.seen_at), say.day(one.created_at), here
    )


@routes.post("/settings/sessions/end")
@contract("account", media_type=HTML)
async def post_end_session(request: web.Request) -> web.Response:
    """End one session."""
    account, form = account_of(request), await read_form(request, SessionForm)
    try:
        ended = bytes.fromhex(form.session)
    except ValueError as error:
        raise AccountRule.NO_SUCH_SESSION.error() from error
    await end_session(request.app[DEPS], account, ended)
    return see_other("/settings/sessions", said="ended")


@routes.post("/settings/sessions/end-others")
@contract("account", media_type=HTML)
async def post_end_others(request: web.Request) -> web.Response:
    """End all sessions but this one."""
    account = account_of(request)
    await read_form(request, SettingsActForm)
    await end_other_sessions(request.app[DEPS], account, session_here(request).sha256)
    return see_other("/settings/sessions", said="ended")


@routes.get("/settings/tokens")
@contract("account", media_type=HTML)
async def get_tokens(request: web.Request) -> web.Response:
    """API tokens: for programs that act in somebody's name."""
    account_of(request)
    check_confirmed(request.app[DEPS], session_here(request))
    return await _show_tokens(request)


@routes.post("/settings/tokens")
@contract("account", media_type=HTML)
async def post_token(request: web.Request) -> web.Response:
    """Make a token; the answer shows it once."""
    account_of(request)
    form = await read_form(request, TokenForm)
    check_confirmed(request.app[DEPS], session_here(request))
    return await act_or_show(
        partial(_make, request, form),
        again(request, partial(_show_tokens, request, name=form.name, decide=form.decide)),
    )


async def _make(request: web.Request, form: TokenForm) -> web.Response:
    if not form.name or len(form.name) > 60:
        raise AccountRule.TOKEN_NAME.error()
    proved_at = session_here(request).confirmed_at
    fresh = await make_token(
        request.app[DEPS], account_of(request), form.name, decides=form.decide, proved_at=proved_at
    )
    return shown_once(await _show_tokens(request, fresh=fresh))


async def _show_tokens(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **more: object) -> web.Response:
    tokens = await list_own_tokens(request.app[DEPS], account_of(request))
    say = say_of(request)
    view = TokensView(tuple(_token(say, token) for token in tokens if token.revoked_at is None))
    return render(request, "account/tokens.html", msgspec.structs.replace(view, **more), status, private=True)


def _token(say: Translator, token: Token) -> TokenView:
    used = say.day(token.last_used_at) if token.last_used_at is not None else ""
    return TokenView(token.name, say.day(token.created_at), used, token.decides)


@routes.post("/settings/tokens/revoke")
@contract("account", media_type=HTML)
async def post_revoke(request: web.Request) -> web.Response:
    """Make a token invalid."""
    account, form = account_of(request), await read_form(request, TokenForm)
    await revoke_own_token(request.app[DEPS], account, form.name)
    return see_other("/settings/tokens", said="revoked")
