"""How a step of a move's job ends when it doesn't succeed: it is tried again later, or the job stops with a reason."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec

from federation.errors import RemoteError, sentences_of
from models.moving.moves import STOPPED, VERIFIED, Move
from pod.deps import Deps
from protocol.errors import RefusedError

FIRST_WAIT_MS: Final = 5_000
LONGEST_WAIT_MS: Final = 3_600_000
MOST_UNSIGNED: Final = 8  # within twenty minutes: as long as a clock takes to be set right
# Of a second home: what is revoked just after a look refuses the next one, and again half a day after that, in a day.
LOOK_EVERY_MS: Final = 11 * 3_600_000
BROKEN: Final = "pod_fault"


def passes(move: Move, error: RemoteError) -> bool:
    """Whether what another pod answered may pass by itself.

    A signature that it doesn't take is made anew each time: the clock of one of the pods may have been wrong.
    """
    return error.retry or (error.status == HTTPStatus.UNAUTHORIZED and move.tries < MOST_UNSIGNED)


def cut(deps: Deps, move: Move, late: RemoteError | None) -> Move:
    """The job after a step that took too long; `late`: it waited for another pod, None: this one was slow."""
    due_at = deps.clock() + FIRST_WAIT_MS
    why, said = (code_of(late), _said(late)) if late is not None else ("", None)
    return msgspec.structs.replace(move, due_at=due_at, cuts=move.cuts + 1, why=why, said=said)


def waiting(deps: Deps, move: Move, error: RemoteError | RefusedError | None) -> Move:
    """The job, to be tried again later, the longer the more often it failed; None: this pod has a fault."""
    wait = min(FIRST_WAIT_MS * 2 ** min(move.tries, 20), LONGEST_WAIT_MS)
    why, said = (code_of(error), _said(error)) if error is not None else (BROKEN, None)
    return msgspec.structs.replace(move, due_at=deps.clock() + wait, tries=move.tries + 1, why=why, said=said)


def stopped(deps: Deps, move: Move, error: RemoteError | RefusedError) -> Move:
    """The job stopped by a refusal, until its person asks to try again; a second home looks again by itself."""
    was_stopped, now = move.stage == STOPPED, deps.clock()
    stopped_in = move.stopped_in if was_stopped else move.stage
    return msgspec.structs.replace(
        move,
        stage=STOPPED,
        stopped_in=stopped_in,
        stage_at=move.stage_at if was_stopped else now,
        due_at=now + LOOK_EVERY_MS if move.standing and stopped_in == VERIFIED else None,
        current="",
        why=code_of(error),
        said=_said(error),
    )


def code_of(error: RemoteError | RefusedError) -> str:
    """The stable name of a fault."""
    return error.fault.name.lower() if isinstance(error, RemoteError) else error.refused.rule.name.lower()


def _said(error: RemoteError | RefusedError) -> bytes:
    return msgspec.json.encode(sentences_of(error))
