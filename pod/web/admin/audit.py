"""The audit shows every act of the admins, by kind and person, as a page and as a table for a spreadsheet."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from moderation.clusters import beginning
from pod.actions.audit import COMMAND_LINE, MOST_IN_A_FILE, Act, csv_of, read_acts
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.admin.page_frame import AdminView, admin_of, number_in, tabs
from pod.web.kit.templates import HEADERS, render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()
PAGE: Final = "/admin/audit"
ON_A_PAGE: Final = 50
LONGEST: Final = 300


class ActRow(msgspec.Struct, frozen=True):
    """An act; what it was before and after, shortened."""

    at: str
    who: str
    act: str
    subject: str
    before: str
    after: str
    why: str


class AuditView(AdminView, frozen=True):
    """Acts, and by what they are chosen."""

    acts: tuple[ActRow, ...]
    kinds: tuple[tuple[str, str], ...]
    act: str
    who: str
    older: str
    table: str


def acts_of(say: Translator) -> dict[str, str]:
    """What each kind of act is called."""
    return {
        "set-up": say("set-up"),
        "setting": say("setting"),
        "role": say("role"),
        "access": say("access"),
        "second factor": say("second factor"),
        "sign-up": say("sign-up"),
        "invite": say("invitation"),
        "floor": say("floor"),
        "retry": say("retry"),
        "test mail": say("test mail"),
    }


@routes.get("/admin/audit")
@contract("admin", media_type=HTML)
async def get_audit(request: web.Request) -> web.Response:
    """Acts, the latest first."""
    admin_of(request)
    (act, who), say = _asked(request), say_of(request)
    before = number_in(request.query.get("before", ""))
    found = await read_acts(request.app[DEPS], ON_A_PAGE + 1, act=act, who=who, before=before)
    shown, names = found[:ON_A_PAGE], acts_of(say)
    older = _to(PAGE, act=act, who=who, before=str(shown[-1][0])) if len(found) > ON_A_PAGE else ""
    rows = tuple(_row(say, names, one) for _, one in shown)
    table = _to(f"{PAGE}.csv", act=act, who=who)
    view = AuditView(rows, (("", say("everything")), *names.items()), act, who, older, table, **tabs(request, PAGE))
    return render(request, "admin/audit.html", view)


@routes.get("/admin/audit.csv")
@contract("admin", media_type=HTML)
async def get_audit_table(request: web.Request) -> web.Response:
    """The same as a table, whole."""
    admin_of(request)
    act, who = _asked(request)
    text = csv_of(await read_acts(request.app[DEPS], MOST_IN_A_FILE, act=act, who=who))
    headers = HEADERS | {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="audit.csv"'}
    return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=headers)


def _asked(request: web.Request) -> tuple[str, str]:
    return request.query.get("act", "")[:100], request.query.get("who", "")[:100]


def _to(page: str, **asked: str) -> str:
    chosen = {name: value for name, value in asked.items() if value}
    return f"{page}?{urlencode(chosen)}" if chosen else page


def _row(say: Translator, names: dict[str, str], act: Act) -> ActRow:
    name = names.get(act.act, act.act)
    who = say("command line") if act.who == COMMAND_LINE else act.who
    return ActRow(say.moment(act.at), who, name, act.subject, _short(act.before), _short(act.after), _short(act.why))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{beginning(text, LONGEST)}…"
