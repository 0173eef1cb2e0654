"""The page about the pod: it says who runs it, what it asks of people, what it keeps and what it can do."""

from __future__ import annotations

from importlib.metadata import version

import msgspec
from aiohttp import web

from models.pod.floor_groups import FloorGroup
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.reading.lens.floor import describe_floor
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.kit.registration_modes import registration_modes
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of

routes = web.RouteTableDef()


class PodAboutView(msgspec.Struct, frozen=True):
    """The page about the pod; texts as paragraphs. `floor`: (name, address) of groups that decide what isn't shown.

    `floor_lacking`: sentences on those that aren't here yet; `floor_others` says that there are more.
    """

    name: str
    url: str
    description: tuple[str, ...]
    contact: tuple[str, ...]
    terms: tuple[str, ...]
    mode: str
    mode_meaning: str
    may_sign_up: bool
    version: str
    floor: tuple[tuple[str, str], ...]
    floor_lacking: tuple[str, ...]
    floor_others: str


@routes.get("/about")
@contract(media_type=HTML)
@held
async def get_about(request: web.Request) -> web.Response:
    """What this pod is, who runs it, what it keeps and can do."""
    deps, say = request.app[DEPS], say_of(request)
    settings, floor = await read_settings(deps), await describe_floor(deps, reader_of(request))
    modes = {value: (name, meaning) for value, name, meaning in registration_modes(say)}
    view = PodAboutView(
        pod_name(deps, settings),
        deps.identity.base_url,
        _paragraphs(settings.description),
        _paragraphs(settings.contact),
        _paragraphs(settings.terms),
        *modes[settings.registration],
        settings.registration != "closed",
        version("althing"),
        tuple((name, f"/g/{group}") for group, name in floor.named),
        tuple(_lacking(say, one) for one in floor.lacking),
        _others(say, floor.others),
    )
    return render(request, "account/about.html", view)


def _lacking(say: Translator, one: FloorGroup) -> str:
    where = f"{one.pod}/g/{one.group}" if one.pod else one.group
    return say("%(group)s isn't here yet: until it is, what it would hide is shown", group=where)


def _others(say: Translator, count: int) -> str:
    if not count:
        return ""
    return say.many(
        "%(count)s more group that isn't yours to read",
        "%(count)s more groups that aren't yours to read",
        count,
    )


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())
