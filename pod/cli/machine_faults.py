"""When the machine refuses a command, these sentences say what to do about ports, folders, keys and databases."""

from __future__ import annotations

import errno
import sys
from typing import Final

ADVICE: Final = {
    errno.EADDRINUSE: "The address is taken: another program listens there, maybe this pod. "
    "End it, or choose another `server.port` in pod.toml.",
    errno.EADDRNOTAVAIL: "This machine hasn't that address: choose another `server.listen` in pod.toml.",
    errno.EACCES: "This user may not do that: give the folder to the user who runs the pod.",
    errno.EROFS: "The folder can't be written: it is mounted for reading only.",
    errno.ENOSPC: "The disk is full: make room, then try again.",
}
# Modules that take long to import; a fault of theirs means that they are there.
FAMILIES: Final = {"sqlalchemy.exc": "DBAPIError", "pod.keyring": "KeyringError", "sqlite3": "Error"}


def machine_faults() -> tuple[type[Exception], ...]:
    """The kinds of faults that are the machine's, of those modules that were imported."""
    return (OSError, *(getattr(sys.modules[name], kind) for name, kind in FAMILIES.items() if name in sys.modules))


def plainly(error: Exception) -> str:
    """The fault in one or two sentences."""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error} {ADVICE.get(error.errno or 0, '')}".strip()
    said = str(getattr(error, "orig", error))
    advice = next((advice for words, advice in DATABASE.items() if words in said), "")
    return f"{said.rstrip('.')}. {advice}".strip() if advice or hasattr(error, "orig") else said


DATABASE: Final = {
    "readonly": "The database can't be written: look at the rights of its file and folder.",
    "malformed": "The database is damaged: bring a backup back by `pod restore`.",
    "not a database": "The database is damaged: bring a backup back by `pod restore`.",
    "unable to open": "The database can't be opened: look at the rights of its file and folder.",
    "full": "The disk is full: make room, then try again.",
}
