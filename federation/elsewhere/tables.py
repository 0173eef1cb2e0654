"""A table with a header whose cells may hold many lines, as forums export posts: one row at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from typing import BinaryIO, Final

from federation.elsewhere.rows import FileBounds
from federation.rules.elsewhere import ElsewhereRule
from protocol.errors import Refused

Named = dict[str, str]
_MOST_COLUMNS: Final = 100


def table_rows(stream: BinaryIO, file: str, bounds: FileBounds) -> Iterator[tuple[int, Named | Refused]]:
    """The number of each row and its cells by column; a row with another number of cells is refused."""
    lines = TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
    reader = csv.reader(_bounded(lines, bounds))
    header = [name.strip() for name in next(reader, [])][:_MOST_COLUMNS]
    for row, cells in enumerate(_rows(reader), 2):
        if row > bounds.rows:
            yield row, ElsewhereRule.FILE_TOO_LONG.refused(file=file, most=bounds.rows)
            break
        if isinstance(cells, Refused):
            yield row, cells
        elif cells:
            fits = len(cells) == len(header)
            yield row, dict(zip(header, cells, strict=True)) if fits else ElsewhereRule.ROW_ODD.refused(what=file)
    lines.detach()


def _bounded(lines: TextIOWrapper, bounds: FileBounds) -> Iterator[str]:
    """Lines, none longer than a row may be: a longer one comes as several, and then its row is refused as odd."""
    while line := lines.readline(bounds.row_bytes // 4):
        yield line.replace("\0", "")


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str] | Refused]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield ElsewhereRule.ROW_TOO_LONG.refused(most=csv.field_size_limit())
