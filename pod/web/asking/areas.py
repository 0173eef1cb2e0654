"""Step 3: which of the group's subject areas the poll is in; they say whose delegations hold."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from pod.actions.decisions.typed_polls import TypedPoll
from pod.deps import Deps
from pod.web.asking.asked import Area, AskedGroup
from pod.web.asking.typed_poll import check_areas


class AreasForm(msgspec.Struct, frozen=True):
    """The ticked areas."""

    area: tuple[str, ...] = ()
    do: str = ""


class AreasView(msgspec.Struct, frozen=True):
    """The group's areas; `owner`: the reader can make some."""

    areas: tuple[Area, ...]
    owner: bool


def typed_areas(poll: TypedPoll, form: AreasForm, _: int) -> TypedPoll:
    """The poll with what the step asked."""
    return replace(poll, areas=form.area)


async def check_step(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> None:
    """Refuse an area that is gone."""
    assert deps
    check_areas(poll, [area.area for area in asked.areas])


async def show_areas(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> AreasView:
    """The step."""
    assert deps
    assert poll
    return AreasView(asked.areas, owner=(asked.seen.weight or 0) >= asked.seen.state.owner_weight)
