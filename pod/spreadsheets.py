"""Tables that spreadsheets open as they are meant: the letters right, and no cell a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

# Without it, Excel reads UTF-8 as Latin-1.
MARK: Final = "\ufeff"
# Some programs separate cells at semicolons or tabs, so a formula may begin after one of these, too.
_FORMULA: Final = re.compile(r"(^|[;,|\t\r\n])(\s*)([=+\-@\uff1d\uff0b\uff0d\uff20])")


def spreadsheet(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The table as CSV (RFC 4180)."""
    out = io.StringIO(newline="")
    out.write(MARK)
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(names)
    for row in rows:
        table.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return _FORMULA.sub(r"\1\2'\3", value)
    return "" if value is None else str(value)
