"""The mails that a traveller asked for: of the copy, of the switch, and of a second home that lost half of a class.

What is told stands in the job, in the commit before the mail goes: a kill may cost a mail and never sends two. Each
news is told once, and none after one that says more. The address is kept until the move is settled, closed or deleted,
and never longer than the move's time.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import msgspec

from federation.errors import Sentences
from models.moving.moves import BEGUN, CLOSED, COPYING, SETTLED, STOPPED, SWITCHING, VERIFIED, Move
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.letters import Letter, send
from pod.actions.moving.asked_grants import host_in
from pod.actions.moving.begun_moves import KEPT_MS
from pod.deps import Deps
from pod.errors import BadAddressError, MailError
from pod.letters.moves import copied_letter, settled_letter, shrunk_letter, unmoved_letter
from pod.translations import DEFAULT, Translator, translator_for

UNMOVED: Final = "unmoved"
HALTED: Final = "halted"
SHRANK: Final = "shrank"
_RANKS: Final = {"": 0, VERIFIED: 1, STOPPED: 1, SHRANK: 1, UNMOVED: 2, HALTED: 2, SETTLED: 3}


def with_news(claimed: Move, after: Move, *, now: int) -> Move:
    """The job after a step, with what its person is to be told of it, and without an address that is over."""
    news = _news(claimed, after)
    if after.told == claimed.told and _RANKS[news] > _RANKS[after.told.split(" ")[0]]:
        after = msgspec.structs.replace(after, told=news)
    kept_until = after.expires_at or (after.granted_at or now) + KEPT_MS  # an account that is here has no end
    over = kept_until <= now and not after.standing
    return msgspec.structs.replace(after, address="") if over or after.stage in (SETTLED, CLOSED) else after


def _news(claimed: Move, after: Move) -> str:
    """What a step did that somebody waits for; empty: nothing."""
    if after.stage == claimed.stage:
        return ""
    if after.stage == SETTLED:
        return SETTLED
    if claimed.stage == SWITCHING:
        return UNMOVED if VERIFIED in (after.stage, after.stopped_in) else HALTED
    if after.stage == STOPPED or (after.stage == VERIFIED and claimed.stage in (BEGUN, COPYING)):
        return after.stage
    return ""


async def mail_news(deps: Deps, claimed: Move, after: Move) -> None:
    """Send the mail of what is told now, if an address was given."""
    if not claimed.address or after.told in ("", claimed.told):
        return
    pod = pod_name(deps, await read_settings(deps))
    letter = _letter(translator_for(after.language or DEFAULT), after, pod, deps.identity.base_url)
    with suppress(BadAddressError, MailError):
        await send(deps, claimed.address, letter)


def _letter(say: Translator, move: Move, pod: str, url: str) -> Letter:
    match move.told.split(" ")[0]:
        case "settled":
            return settled_letter(say, url, move.name)
        case "unmoved":
            why = msgspec.json.decode(move.said, type=Sentences).told(say.language) if move.said else ""
            return unmoved_letter(say, url, move.name, why)
        case "shrank":
            return shrunk_letter(say, move.who, pod, host_in(move.pod), f"{url}/move/second-home")
        case told:
            return copied_letter(say, move.who, pod, f"{url}/move/journey", whole=told == VERIFIED)
