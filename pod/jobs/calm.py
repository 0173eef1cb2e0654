"""Calm: nothing is due, and unless somebody writes, nothing will be before a known time; so nothing is asked for.

Every commit, also one of another process or of a command, ends a calm, and so does a clock that jumped back. All that
is asked for while it lasts is the number of the last commit.
"""

from __future__ import annotations

from models.engine.databases import Database


class Calm:
    """What one loop knows of the time until which it has nothing to look for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: int | None = None
        self._version: int | None = None
        self._since = 0
        self._until: int | None = None

    async def holds(self, now: int) -> bool:
        """Whether nothing is due at `now`, which was found out before."""
        # Asked for before anything is looked for: what is written meanwhile ends the calm that begins by that look.
        self._asked = await self._database.version()
        if self._asked != self._version or now < self._since:
            return False
        return self._until is None or now < self._until

    def begin(self, now: int, until: int | None) -> None:
        """A look that began at `now`, after `holds`, found nothing that is due before `until` (None: ever)."""
        self._version, self._since, self._until = self._asked, now, until
