"""Only admins open these pages; this is what stands above each of them."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from models.people.accounts import Account
from pod.rules.admin import AdminRule
from pod.translations import Translator
from pod.web.kit.form_page import FormView
from pod.web.kit.visitors import account_of, say_of

LONGEST_NUMBER: Final = 15


class AdminView(FormView, frozen=True, kw_only=True):
    """A page with the tabs of all of them: (name, address, whether it is this one)."""

    tabs: tuple[tuple[str, str, bool], ...]


class NoForm(msgspec.Struct, frozen=True):
    """A button."""


def admin_of(request: web.Request) -> Account:
    """The admin who acts; raises SignInError or NotAdminError."""
    account = account_of(request)
    if not account.admin:
        raise AdminRule.NOT_ADMIN.error()
    return account


def tabs(request: web.Request, here: str) -> dict[str, Any]:
    """The member of an AdminView that names all pages."""
    return {"tabs": tuple((name, href, href == here) for name, href in _pages(say_of(request)))}


def _pages(say: Translator) -> tuple[tuple[str, str], ...]:
    return (
        (say("Overview"), "/admin"),
        (say("Settings"), "/admin/settings"),
        (say("People"), "/admin/people"),
        (say("Sign-ups"), "/admin/sign-ups"),
        (say("Invitations"), "/admin/invites"),
        (say("Floor"), "/admin/floor"),
        (say("Other hosts"), "/admin/hosts"),
        (say("Blocked hosts"), "/admin/blocks"),
        (say("Moves"), "/admin/moves"),
        (say("Mail"), "/admin/mail"),
        (say("Audit"), "/admin/audit"),
    )


def number_in(text: str) -> int | None:
    """A number of an address or field; None for an empty one. Raises MalformedError."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_NUMBER:
        raise AdminRule.MUST_BE_NUMBER.error()
    return int(text)
