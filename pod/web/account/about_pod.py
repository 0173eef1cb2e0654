"""What the pod says of itself: who runs it, what it asks of everybody, what it keeps and can do."""

from __future__ import annotations

from importlib.metadata import version

import msgspec
from aiohttp import web

from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.kit.registration_modes import registration_modes
from pod.web.kit.rendering import held, render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()


class PodAboutView(msgspec.Struct, frozen=True):
    """The page about the pod; texts as paragraphs."""

    name: str
    url: str
    description: tuple[str, ...]
    contact: tuple[str, ...]
    terms: tuple[str, ...]
    mode: str
    mode_meaning: str
    may_sign_up: bool
    version: str


@routes.get("/about")
@contract(media_type=HTML)
@held
async def get_about(request: web.Request) -> web.Response:
    """What this pod is, who runs it, what it keeps and can do."""
    deps, say = request.app[DEPS], say_of(request)
    settings = await read_settings(deps)
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
    )
    return render(request, "account/about.html", view)


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())
