"""Calm: nothing is due, and unless somebody writes, nothing will be before a known time; so nothing is asked for.

Every commit, also one of another process or of a command, ends a calm, and so does a clock that jumped back. All that
is asked for while it lasts is the number of the last commit.
"""

from __future__ import annotations

from models.engine.databases import Database


class Calm:
    """How long one loop has nothing to look for, unless somebody writes to the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: int | None = None
        self._version: int | None = None
        self._since = 0
        self._until: int | None = None

    async def holds(self, now: int) -> bool:
        """Whether an earlier look found that nothing is due at `now`."""
        # Read the version before the look, so that anything written during the look ends the calm that it begins.
        self._asked = await self._database.version()
        if self._asked != self._version or now < self._since:
            return False
        return self._until is None or now < self._until

    def begin(self, now: int, until: int | None) -> None:
        """Begin the calm: a look at `now`, after `holds`, found nothing due before `until` (None: nothing at all)."""
        self._version, self._since, self._until = self._asked, now, until
