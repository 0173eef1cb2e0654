"""The overview for admins: what is still to do, and whether the pod is well."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.admin.dashboard import Running, look_over
from pod.actions.admin.outside_check import look
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.doctor.findings import Level
from pod.translations import Translator
from pod.web.admin.checklist import Item, checklist
from pod.web.admin.page_frame import AdminView, NoForm, admin_of, tabs
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()


class Light(msgspec.Struct, frozen=True):
    """Something that is well or isn't; `found` says what the check found."""

    name: str
    ok: bool
    state: str
    found: str = ""


class AdminHomeView(AdminView, frozen=True):
    """The overview. `english`: that the doctor's words are English, where the page isn't."""

    lights: tuple[Light, ...]
    items: tuple[Item, ...]
    done: str
    english: str
    version: str


@routes.get("/admin")
@contract("admin", media_type=HTML)
async def get_admin(request: web.Request) -> web.Response:
    """What is still to do, and whether the pod is well."""
    admin_of(request)
    running, say = await look_over(request.app[DEPS]), say_of(request)
    items = checklist(say, running)
    done = say("%(done)s of %(all)s done", done=sum(item.done for item in items), all=len(items))
    lights = _lights(say, running)
    told = any(one.found for one in lights) or any(one.found for one in items)
    english = say("What the checks found is told in English.") if told and say.language != "en" else ""
    view = AdminHomeView(lights, items, done, english, running.version, **tabs(request, "/admin"))
    return render(request, "admin/home.html", view)


@routes.post("/admin/looks")
@contract("admin", media_type=HTML)
async def post_look(request: web.Request) -> web.Response:
    """Look at the pod from outside now."""
    admin = admin_of(request)
    await read_form(request, NoForm)
    await look(request.app[DEPS], admin)
    return see_other("/admin", said="looked")


def _free(say: Translator, free_bytes: int) -> str:
    return say("%(gib)s GiB are free", gib=say.quantity(free_bytes * 10 // 1024**3, 1))


def _lights(say: Translator, running: Running) -> tuple[Light, ...]:
    well, ill = say("well"), say("not well")
    reasons, mail, queue, room = running.reasons, running.last_mail, running.queue, running.disk.level is Level.OK
    lights = [
        Light(say("Work"), not reasons, ill if reasons else well, " ".join(reason.says for reason in reasons)),
        Light(say("Disk"), room, f"{well if room else ill} · {_free(say, running.free_bytes)}"),
        Light(say("Deliveries"), ok=True, state=say.many("%(count)s waits", "%(count)s wait", queue.deliveries)),
    ]
    if running.floor_lacking:
        named = ", ".join(f"{one.pod}/g/{one.group}" if one.pod else one.group for one in running.floor_lacking)
        text = say("These groups of the floor aren't here, so what they would hide is shown: %(groups)s", groups=named)
        lights.append(Light(say("Floor"), ok=False, state=ill, found=text))
    if mail is not None:
        state = say("the last one was taken") if mail.ok else say("the last one was refused")
        lights.append(Light(say("Mail"), mail.ok, state, "" if mail.ok else mail.answer))
    return tuple(lights)
