"""Acts of those who run the pod, each written down in the commit that does it: who, what, before and after, why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.pod.audit import Act, list_acts, note_act
from pod.deps import Deps
from pod.spreadsheets import spreadsheet

COMMAND_LINE: Final = "command line"
MOST_IN_A_FILE: Final = 100_000
COLUMNS: Final = ("number", "at", "who", "act", "subject", "before", "after", "why")

__all__ = ["Act", "csv_of", "note_act", "read_acts"]


async def read_acts(
    deps: Deps, limit: int, *, act: str = "", who: str = "", before: int | None = None
) -> list[tuple[int, Act]]:
    """Acts and their numbers, the latest first."""
    async with deps.store.database.read() as session:
        return await list_acts(session, limit, act=act, who=who, before=before)


async def write_down(session: AsyncSession, deps: Deps, who: str, act: str, subject: str = "", **told: str) -> None:
    """Store an act; `told` are its state before, its state after and its reason."""
    await note_act(session, Act(deps.clock(), who, act, subject, **told))


def csv_of(acts: Sequence[tuple[int, Act]]) -> str:
    """The acts as CSV; a spreadsheet program reads no cell of it as a formula."""
    return spreadsheet(
        COLUMNS,
        ((number, act.at, act.who, act.act, act.subject, act.before, act.after, act.why) for number, act in acts),
    )
