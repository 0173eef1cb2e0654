"""The bytes of a text file as text: whoever saved it, with whichever program.

1. A byte order mark says which encoding it is. UTF-16 without one is known by its zeros.
2. What isn't UTF-8 is read as Windows-1252, and people are warned of that. Other zeros mean that it is no text.
"""

from __future__ import annotations

import codecs
from typing import BinaryIO, Final

from federation.elsewhere.rows import FileBounds
from federation.rules.elsewhere import ElsewhereRule
from protocol.errors import Refused

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_OLD: Final = "windows-1252"


def read_text(stream: BinaryIO, file: str, bounds: FileBounds) -> tuple[str, tuple[Refused, ...]]:
    """The whole text without its mark, and a warning if it wasn't UTF-8; at most `bounds.small` bytes."""
    raw = stream.read(bounds.small + 1)
    if len(raw) > bounds.small:
        raise ElsewhereRule.FILE_TOO_LARGE.error(file=file, most=bounds.small)
    encoding, start = _encoding_of(raw)
    try:
        text = raw[start:].decode(encoding)
    except UnicodeDecodeError:
        encoding, text = _OLD, raw.decode(_OLD, errors="replace")
    if "\0" in text:
        raise ElsewhereRule.FILE_NOT_TEXT.error(file=file)
    if not text.strip():
        raise ElsewhereRule.FILE_EMPTY.error(file=file)
    odd = () if encoding == "utf-8" else (ElsewhereRule.OLD_LETTERS.refused(file=file, encoding=encoding.upper()),)
    return text, odd


def _encoding_of(raw: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding, len(mark)
    even, odd = raw[:200:2], raw[1:200:2]
    if len(raw) > 3 and odd.count(0) > len(odd) // 2 > even.count(0):
        return "utf-16-le", 0
    if len(raw) > 3 and even.count(0) > len(even) // 2 > odd.count(0):
        return "utf-16-be", 0
    return "utf-8", 0
