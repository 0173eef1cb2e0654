"""What every reader of this room gives back: rows that were taken, rows that were refused, and its bounds.

Rows are counted from 1, as a spreadsheet or an editor shows them. In a list of JSON a row is one entry.
"""

from __future__ import annotations

from typing import Final

import msgspec

from protocol.errors import Refused


class FileBounds(msgspec.Struct, frozen=True):
    """How much of a file is read. `ratio`: how many times its size a packed file may unfold to, beyond `small`."""

    packed_bytes: int = 4 * 1024**3
    whole_bytes: int = 8 * 1024**3
    small: int = 16 * 1024**2
    ratio: int = 200
    entries: int = 200_000
    rows: int = 1_000_000
    row_bytes: int = 1024**2
    depth: int = 32


BOUNDS: Final = FileBounds()
PEEK: Final = 16 * 1024  # of a file, by which it is known
LONGEST_SHOWN: Final = 80  # of a refused value, in the sentence that names it


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that isn't taken, and why. `cells`: the row as it stood, for the file of failed rows."""

    file: str
    row: int
    refused: Refused
    cells: tuple[str, ...] = ()


def shortened(value: object) -> str:
    """A value from a file, short enough for a sentence."""
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
