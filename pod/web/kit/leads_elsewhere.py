"""Pages of people who moved away lead a visitor to their new pod; who is at home here is told instead, and stays."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pod.actions.fediverse.moved import NewPlace, find_place_of_group
from pod.app_keys import DEPS
from pod.web.kit.visitors import reader_of
from protocol.ids import RecordId


async def leads_to_new_pod(request: web.Request, group: RecordId) -> web.Response | None:
    """The answer to a visitor who wants a page of this group that its owner's new pod has under the same path."""
    if reader_of(request) is not None:
        return None
    there = await find_place_of_group(request.app[DEPS], group)
    return None if there is None else onward(f"{there.pod}{request.raw_path}")


def onward(address: str) -> web.Response:
    """Lead to another pod. Not for ever: for a day who moved can come back."""
    return web.Response(status=HTTPStatus.FOUND.value, headers={"Location": address, "Cache-Control": "no-cache"})


def told_place(there: NewPlace | None) -> tuple[str, str]:
    """(handle, address) of the new place, as pages tell it; empty: here."""
    return ("", "") if there is None else (there.handle, there.page)
