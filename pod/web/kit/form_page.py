"""What every form of an account shows: the refusal on top and at its field, and what the person typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web

from pod.web.kit.forms import Show
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.visitors import say_of
from protocol.errors import RefusedError

# At which field a refusal is told, beside the top of the page.
FIELDS: Final[Mapping[str, str]] = {
    "name_taken": "name",
    "bad_address": "mail",
    "mail_taken": "mail",
    "bad_code": "code",
    "dead_code": "code",
    "bad_invite": "invite",
    "bad_phrase": "phrase",
    "wrong_host": "host",
}


class FormView(msgspec.Struct, frozen=True, kw_only=True):
    """A page with a form; `problem` is what a rule said no to, `at` the field that it is about."""

    problem: RefusalView | None = None
    at: str = ""

    def wrong(self, field: str) -> str:
        """What is wrong with a field; empty if nothing is."""
        return self.problem.sentence if self.problem and self.at == field else ""


def told(request: web.Request, refusal: RefusedError) -> dict[str, Any]:
    """The members of a FormView that tell a refusal."""
    return {"problem": problem_of(say_of(request), refusal), "at": FIELDS.get(refusal.code, "")}


def again(request: web.Request, show: Callable[..., Awaitable[web.Response]]) -> Show:
    """How a form is shown again when a rule said no: by `show(status, **members)`, its page with what was typed."""

    async def shown(refusal: RefusedError, status: HTTPStatus) -> web.Response:
        return await show(status, **told(request, refusal))

    return shown
