"""An account comes as a file: sent by whoever could sign up here, read beside everything else, and shown to nobody.

The page is whole without scripts: the browser shows how far sending is, and the page how far reading is. Bringing the
copy to life takes the 24 words, on the page for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import BodyPartReader, MultipartReader, web

from federation.shares import Shares
from models.moving.imported_files import READ, REFUSED, Upload
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.moving.begun_moves import check_may_come
from pod.actions.moving.returned_copies import ReturnedCopy, groups_of_lost, outcome_of
from pod.actions.moving.uploads import MOST_BYTES, find_upload, keep_upload
from pod.app_keys import DEPS
from pod.budgets.bodies import PATIENCE_SECONDS, reads_itself
from pod.budgets.payers import payer_of
from pod.contracts import HTML, contract
from pod.requests import address_of
from pod.rules.archives import ArchiveRule
from pod.rules.requests import RequestRule
from pod.translations import Translator
from pod.web.account.recovery import SENT
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import TOKEN_FIELD, act_or_show, see_other
from pod.web.kit.sent_file import MULTIPART, SLOWEST_BYTES_PER_SECOND
from pod.web.kit.templates import render
from pod.web.kit.visitors import check_form, cookie_of, reader_of, say_of, set_cookie
from pod.web.moving.lost import LostLine, lost_line
from pod.web.moving.sent_kit import read_kit, show_kit

routes = web.RouteTableDef()
PAGE: Final = "/move/file"
A_DAY_SECONDS: Final = 86_400
LONGEST_FIELD: Final = 500
MOST_FIELDS: Final = 10
PIECE: Final = 64 * 1024
KIT_ENDS: Final = (".html", ".htm")
MOST_SENDING: Final = 3  # strangers' files that come at once
SENDING: Final = web.AppKey("sending", Shares)
MIB: Final = 1024**2


class FileView(FormView, frozen=True):
    """The form, and what became of the file that this browser sent.

    `mode`: how the pod lets people in; `waits`: how far reading is, `refused`: why it ended, `ready`: it became a copy.
    `outcome`: what a copy gave to the account that is signed in; `lost`: some of what it couldn't give, `more` others.
    """

    pod: str
    mode: str
    most: str
    waits: str
    refused: str
    ready: bool
    outcome: str
    lost: tuple[LostLine, ...] = ()
    more: str = ""
    invite: str = ""


@routes.get(PAGE)
@contract(media_type=HTML)
async def get_file(request: web.Request) -> web.Response:
    """Where a file is sent, and what became of the one that this browser sent."""
    return await _show(request)


@routes.post(PAGE)
@contract(media_type=HTML)
@reads_itself
async def post_file(request: web.Request) -> web.Response:
    """Take a file, streamed to the disk; a recovery kit is only read, and its page shown."""
    return await act_or_show(partial(_take, request), again(request, partial(_show, request)))


async def _take(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    if request.content_type != MULTIPART or request.content_length is None:
        raise RequestRule.FORM_UNREADABLE.error()
    if request.content_length > MOST_BYTES + MIB:
        raise ArchiveRule.TOO_LARGE.error(most=MOST_BYTES)
    reader, fields = await request.multipart(), dict[str, str]()
    async with _a_place(request, PATIENCE_SECONDS + request.content_length / SLOWEST_BYTES_PER_SECOND):
        part = await _read_fields(reader, fields)
        check_form(request, fields.get(TOKEN_FIELD, ""))
        await deps.store.limits.take("move of an address", address_of(request), now=deps.clock())
        await check_may_come(deps, fields.get("invite", ""))
        if part is None:
            raise ArchiveRule.NOT_A_ZIP.error()
        if (part.filename or "").lower().endswith(KIT_ENDS):
            return await show_kit(request, await read_kit(part))
        secret = await keep_upload(deps, partial(part.read_chunk, PIECE), payer=payer_of(request))
    response = see_other(PAGE)
    set_cookie(request, response, SENT, secret, seconds=A_DAY_SECONDS)
    return response


@asynccontextmanager
async def _a_place(request: web.Request, seconds: float) -> AsyncIterator[None]:
    """One of the few files that may come at once, one of an address, for as long as a slow line needs."""
    with request.app[SENDING].held(address_of(request)):
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            raise RequestRule.BODY_SLOW.error() from error
        except (ConnectionError, web.RequestPayloadError) as error:
            raise RequestRule.BODY_BROKEN.error() from error


async def _read_fields(reader: MultipartReader, fields: dict[str, str]) -> BodyPartReader | None:
    """Read the fields before the file; returns the file."""
    for _ in range(MOST_FIELDS):
        part = await reader.next()
        if not isinstance(part, BodyPartReader):
            return None
        if part.filename is not None:
            return part
        text = await part.read_chunk(LONGEST_FIELD)
        if not part.at_eof() and await part.read_chunk(1):
            raise RequestRule.FORM_TOO_LONG.error()
        fields[part.name or ""] = text.decode("utf-8", "replace").strip()
    return None


async def _show(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **problem: object) -> web.Response:
    deps, say = request.app[DEPS], say_of(request)
    settings, account = await read_settings(deps), reader_of(request)
    sent = await find_upload(deps, cookie_of(request, SENT))
    outcome = await outcome_of(deps, account) if account is not None else None
    view = FileView(
        pod=pod_name(deps, settings),
        mode=settings.registration,
        most=say.number(MOST_BYTES // MIB),
        waits=_waits(say, sent) if sent is not None and sent.state not in {READ, REFUSED} else "",
        refused=_refused(say, sent) if sent is not None and sent.state == REFUSED else "",
        ready=sent is not None and sent.state == READ,
        outcome=_outcome(say, outcome) if outcome is not None else "",
    )
    if outcome is not None and account is not None:
        names = await groups_of_lost(deps, account, outcome)
        view = msgspec.structs.replace(view, **_lost(say, outcome, names))
    return render(request, "moving/file.html", msgspec.structs.replace(view, **problem), status, private=True)


def _waits(say: Translator, sent: Upload) -> str:
    if not sent.part:
        return say("It waits for its turn: files are read one after the other.")
    return say("%(part)s: %(done)s of %(of)s", part=sent.part, done=say.number(sent.done), of=say.number(sent.total))


def _refused(say: Translator, sent: Upload) -> str:
    said: dict[str, str] = msgspec.json.decode(sent.said or b"{}")
    return said.get(say.language) or say("Your file couldn't be read. Those who run this pod can see why.")


def _outcome(say: Translator, outcome: ReturnedCopy) -> str:
    told = outcome.records
    return say(
        "%(known)s of your posts, votes and ballots were in your groups. %(returned)s came out of your copy. "
        "%(lost)s are lost: their groups aren't here, or don't take them any more.",
        known=say.number(told.known),
        returned=say.number(told.returned),
        lost=say.number(told.lost),
    )


def _lost(say: Translator, outcome: ReturnedCopy, names: Mapping[str, str]) -> dict[str, object]:
    named, lost = outcome.records.named, outcome.records.lost
    lines = tuple(lost_line(say, one, names) for one in named)
    return {"lost": lines, "more": say.number(lost - len(named)) if lost > len(named) else ""}
