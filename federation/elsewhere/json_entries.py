"""The entries of a long JSON list, one at a time: a file of gigabytes costs the memory of its longest entry.

Only brackets, commas and quotation marks are looked at; each entry is then decoded by itself. An entry that is broken
is given as None, and reading goes on at the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import msgspec

from federation.elsewhere.rows import FileBounds
from federation.rules.elsewhere import ElsewhereRule
from protocol.errors import Refused

_CHUNK: Final = 64 * 1024
_SIGNS: Final = re.compile(rb'["{}\[\],:]')
_STRING_ENDS: Final = re.compile(rb'["\\]')
Entry = tuple[int, Any, Refused | None]


class _Scanner:
    """Finds where entries of the list begin and end, chunk by chunk."""

    def __init__(self, stream: BinaryIO, file: str, names: tuple[str, ...], bounds: FileBounds) -> None:
        self.stream, self.file, self.bounds = stream, file, bounds
        self.names = tuple(f'"{name}"'.encode() for name in names)
        self.buffer = b""
        self.at = 0  # where in the buffer is looked next
        self.kept = 0  # from here on the buffer is still needed
        self.lost = False

    def keep(self) -> None:
        """Keep what follows, up to the length that an entry may have."""
        self.kept, self.lost = self.at, False

    def kept_bytes(self) -> bytes:
        """What was passed since `keep`; meaningless if it was `lost`."""
        return self.buffer[self.kept : self.at]

    def deeper(self, depth: int, sign: bytes) -> int:
        """The depth after a sign; raises FILE_TOO_DEEP or, where nothing was opened, FILE_DAMAGED."""
        depth += (sign in (b"{", b"[")) - (sign in (b"}", b"]"))
        if depth < 0:
            raise ElsewhereRule.FILE_DAMAGED.error(file=self.file)
        if depth > self.bounds.depth:
            raise ElsewhereRule.FILE_TOO_DEEP.error(file=self.file, most=self.bounds.depth)
        return depth

    def more(self) -> bool:
        """Read another chunk, and forget what isn't needed, or is longer than an entry may be."""
        if self.at - self.kept > self.bounds.row_bytes:
            self.kept, self.lost = self.at, True
        chunk = self.stream.read(_CHUNK)
        self.buffer = self.buffer[self.kept :] + chunk
        self.at, self.kept = self.at - self.kept, 0
        return bool(chunk)

    def sign(self) -> bytes:
        """The next sign outside of strings; a string counts as its first quotation mark, and is passed."""
        while (found := _SIGNS.search(self.buffer, self.at)) is None:
            self.at = len(self.buffer)
            if not self.more():
                raise ElsewhereRule.FILE_DAMAGED.error(file=self.file)
        self.at = found.end()
        if found[0] == b'"':
            self._pass_string()
        return found[0]

    def _pass_string(self) -> None:
        while True:
            found = _STRING_ENDS.search(self.buffer, self.at)
            if found is None or (found[0] == b"\\" and found.end() >= len(self.buffer)):
                self.at = found.start() if found else len(self.buffer)
                if not self.more():
                    raise ElsewhereRule.FILE_DAMAGED.error(file=self.file)
                continue
            self.at = found.end() + (found[0] == b"\\")
            if found[0] == b'"':
                return


def json_entries(stream: BinaryIO, file: str, names: tuple[str, ...], bounds: FileBounds) -> Iterator[Entry]:
    """Row, value and refusal of each entry of the top list, or of the list that is the member of one of these names.

    `names`: of a member of the top object. Raises FILE_DAMAGED where the text ends too early, and FILE_UNKNOWN if
    there is no such list.
    """
    scanner = _Scanner(stream, file, names, bounds)
    if not _find_list(scanner):
        raise ElsewhereRule.FILE_UNKNOWN.error(file=file)
    for row, raw in enumerate(_raw_entries(scanner), 1):
        if row > bounds.rows:
            yield row, None, ElsewhereRule.FILE_TOO_LONG.refused(file=file, most=bounds.rows)
            return
        if isinstance(raw, Refused):
            yield row, None, raw
        elif raw.strip():
            yield row, *decoded(raw)


def json_lines(stream: BinaryIO, file: str, bounds: FileBounds) -> Iterator[Entry]:
    """Row, value and refusal of each line that isn't empty."""
    row = 0
    while raw := stream.readline(bounds.row_bytes + 1):
        row += 1
        if row > bounds.rows:
            yield row, None, ElsewhereRule.FILE_TOO_LONG.refused(file=file, most=bounds.rows)
            return
        if len(raw) > bounds.row_bytes:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(_CHUNK)
            yield row, None, ElsewhereRule.ROW_TOO_LONG.refused(most=bounds.row_bytes)
        elif raw.strip().removeprefix(b"\xef\xbb\xbf"):
            yield row, *decoded(raw.strip().removeprefix(b"\xef\xbb\xbf"))


def decoded(raw: bytes) -> tuple[Any, Refused | None]:
    """The value of a JSON text, or why it has none."""
    try:
        return msgspec.json.decode(raw), None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, ElsewhereRule.ROW_ODD.refused(what="JSON")


def _find_list(scanner: _Scanner) -> bool:
    """Go to where the list begins; whether there is one."""
    first = scanner.sign()
    if first == b"[":
        return True
    depth, name = int(first == b"{"), b""
    while depth:
        scanner.keep()
        sign = scanner.sign()
        if sign == b"[" and depth == 1 and name in scanner.names:
            return True
        depth = scanner.deeper(depth, sign)
        if sign == b'"':
            name = scanner.kept_bytes().strip()
        elif sign != b":":
            name = b""
    return False


def _raw_entries(scanner: _Scanner) -> Iterator[bytes | Refused]:
    """The bytes of each entry; one that is too long is passed over as a refusal."""
    most = scanner.bounds.row_bytes
    sign = b","
    while sign == b",":
        scanner.keep()
        depth, sign = 0, scanner.sign()
        while depth or sign not in (b",", b"]"):
            depth = scanner.deeper(depth, sign)
            sign = scanner.sign()
        raw = scanner.kept_bytes()[:-1]
        yield ElsewhereRule.ROW_TOO_LONG.refused(most=most) if scanner.lost or len(raw) > most else raw
