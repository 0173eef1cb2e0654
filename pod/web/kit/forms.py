"""Forms of our pages: read strictly, refused when forged, shown again with what was typed when a rule says no."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, Final, Protocol, TypeVar

import msgspec
from aiohttp import web
from yarl import URL

from pod.budgets.bodies import LONGEST_BYTES
from pod.errors import headers_of
from pod.rules.requests import RequestRule
from pod.web.kit.sent_form import sent_form
from pod.web.kit.visitors import check_form
from pod.web.kit.way_back import local_path
from protocol.errors import RefusedError

TOKEN_FIELD: Final = "form_token"  # noqa: S105  (the name of a field)
ONCE_FIELD: Final = "form_once"
# Text of which each blank is its author's, e.g. code; codes and names are stripped at both ends.
Verbatim = Annotated[str, msgspec.Meta(description="As it was typed.")]
# What I-JSON forbids, and NUL, which PostgreSQL can't keep.
_NO_LETTER: Final = re.compile(
    "[\0\ufdd0-\ufdef" + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)) + "]"
)
F = TypeVar("F", bound=msgspec.Struct)


class Show(Protocol):
    """Shows a form again, with the refusal and what was typed."""

    def __call__(self, *, refusal: RefusedError, status: HTTPStatus) -> Awaitable[web.Response]: ...


async def read_form(request: web.Request, kind: type[F]) -> F:
    """The form's fields as `kind`, whose fields are text, numbers, booleans or tuples of text.

    A field that isn't sent has its default; one sent empty counts as not sent where the default isn't text. Raises
    ForgedFormError, TooLargeError, or MalformedError with the field's name.
    """
    sent = sent_form(request)
    check_form(request, sent.last(TOKEN_FIELD))
    if sent.bytes > LONGEST_BYTES:
        raise RequestRule.FORM_TOO_LONG.error()
    if any(_NO_LETTER.search(value) for _, value in sent.fields):
        raise RequestRule.FORM_LETTERS.error()
    fields: dict[str, Any] = {}
    for known in msgspec.structs.fields(kind):
        values = [_lines(value) if known.type is Verbatim else _lines(value).strip() for value in sent.all(known.name)]
        if not values or (values == [""] and known.type not in (str, Verbatim)):
            continue
        fields[known.name] = values if _is_many(known.type) else values[-1]
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise RequestRule.FORM_UNREADABLE.error() from error


def _is_many(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) in (tuple, list)


def _lines(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n")


def see_other(path: str, *, said: str = "") -> web.Response:
    """Go on to another page of this pod after a form; `said` is the code of a sentence of `pod.web.kit.notices`."""
    url = URL(local_path(path), encoded=True)
    location = url.update_query(said=said) if said else url
    return web.Response(
        status=HTTPStatus.SEE_OTHER.value, headers={"Location": str(location), "Cache-Control": "no-store"}
    )


async def act_or_show(act: Callable[[], Awaitable[web.Response]], show: Show) -> web.Response:
    """Do what the form asks for; when a rule says no, show the form again with the refusal and what was typed."""
    try:
        return await act()
    except RefusedError as refusal:
        response = await show(refusal=refusal, status=HTTPStatus(refusal.status))
        response.headers.update(headers_of(refusal))
        return response
