"""Which software a file comes from, by its content alone; read from its start, or from the names in its archive."""

from __future__ import annotations

from typing import BinaryIO, Literal

from federation.elsewhere.archive_files import archive_entries
from federation.elsewhere.group_past import is_past
from federation.elsewhere.lemmy_settings import LISTS
from federation.elsewhere.mastodon_archive import OUTBOX
from federation.elsewhere.rows import BOUNDS, PEEK, FileBounds
from federation.rules.elsewhere import ElsewhereRule

Origin = Literal["mastodon", "csv", "lemmy", "past"]


def origin_of(stream: BinaryIO, file: str, bounds: FileBounds = BOUNDS) -> Origin:
    """What the file is; raises FILE_UNKNOWN or what else is wrong with it."""
    for entry in archive_entries(stream, file, bounds):
        start = entry.stream.peek(PEEK)
        if is_past(start):
            return "past"
        if entry.is_bare:
            return _of_bare(start)
        if entry.path.rpartition("/")[2] == OUTBOX:
            return "mastodon"
    raise ElsewhereRule.FILE_UNKNOWN.error(file=file)


def _of_bare(start: bytes) -> Origin:
    if not start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        return "csv"
    return "lemmy" if any(f'"{name}"'.encode() in start for name in LISTS) else "mastodon"
