"""Whether the database can't be reached for the moment: it is down, starting, or the way to it is cut."""

from __future__ import annotations

from typing import Final

from models.engine.full_disk import causes_of

# PostgreSQL ends, crashed, or is starting (57P01 to 57P03), or the connection is lost (class 08).
SHUTTING_DOWN: Final = frozenset({"57P01", "57P02", "57P03"})
CONNECTION: Final = "08"


def is_unreachable(error: BaseException) -> bool:
    """Whether an error says that trying again later may help."""
    for fault in causes_of(error):
        state = getattr(fault, "sqlstate", None) or ""
        if isinstance(fault, ConnectionError | TimeoutError) or state in SHUTTING_DOWN or state.startswith(CONNECTION):
            return True
    return False
