"""How far followers on other servers are told of a move, server by server, as the page of the move shows it."""

from __future__ import annotations

import msgspec

from federation.delivery import error_in
from models.moving.move_deliveries import ToldHost
from pod.actions.moving.told_moves import ToldOfMove
from pod.translations import Translator
from pod.web.kit.queries import with_query


class ToldLine(msgspec.Struct, frozen=True):
    """A server: how far it is, and what it said last."""

    host: str
    says: tuple[str, ...]
    why: str


class ToldView(msgspec.Struct, frozen=True):
    """All servers, or a page of them; `more` leads to the next ones."""

    summary: str
    lines: tuple[ToldLine, ...]
    more: str


def told_view(say: Translator, told: ToldOfMove, page: str) -> ToldView:
    """What `page` shows."""
    more = with_query(page, [("after", told.next)]) if told.next else ""
    return ToldView(_summary(say, told), tuple(_line(say, host) for host in told.hosts), more)


def _summary(say: Translator, told: ToldOfMove) -> str:
    if told.soft:
        return say("You chose that nobody is told. Your old address leads to the new one all the same.")
    if told.waits:
        return say("Your new account doesn't name this one yet. Once it does, your followers are told.")
    if not told.total.all:
        return say("Nobody followed you from other software.")
    percent = say.number(100 * told.total.taken // told.total.all)
    done, whole = say.number(told.total.taken), say.number(told.total.all)
    return say("%(percent)s %%: %(done)s of %(all)s messages have arrived.", percent=percent, done=done, all=whole)


def _line(say: Translator, host: ToldHost) -> ToldLine:
    states = (
        (host.taken, say("delivered")),
        (host.pending, say("on its way")),
        (host.refused, say("refused")),
        (host.given_up, say("given up after 7 days")),
    )
    counted = [(count, text) for count, text in states if count]
    says = [text if len(counted) == count == 1 else f"{text}: {say.number(count)}" for count, text in counted]
    if host.pending and host.why and host.next_at is not None:
        says.append(say("next try %(time)s", time=say.moment(host.next_at)))
    return ToldLine(host.host, tuple(says), error.told(say.language) if (error := error_in(host.why)) else "")
