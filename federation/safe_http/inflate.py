"""A compressed body is decoded piece by piece and given up the moment it is too long (federation §2.27).

The limit holds for what came and for what it became, so neither a bomb nor an endless row of empty gzip
members gets through. Only gzip and deflate are asked for; every other coding is refused.
"""

import zlib
from typing import Final

from federation.errors import RemoteError
from federation.rules.answers import RemoteFault

ACCEPT_ENCODING: Final = "gzip, deflate"
_GZIP_BITS: Final = 31
_ZLIB_BITS: Final = 15
_RAW_BITS: Final = -15


class BoundedBody:
    """Collects a body of at most `max_bytes` decoded bytes."""

    def __init__(self, coding: str, max_bytes: int) -> None:
        coding = coding.strip().lower()
        if coding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise RemoteError(RemoteFault.ODD_CODING, retry=False)
        self._coding = coding.removeprefix("x-") if coding != "identity" else ""
        self._max_bytes = max_bytes
        self._came = 0
        self._decoded = bytearray()
        self._inflater: zlib._Decompress | None = None

    def add(self, piece: bytes) -> None:
        """Add the next received bytes; raises when the body gets too long."""
        self._came += len(piece)
        if self._came > self._max_bytes:
            raise _too_long(self._max_bytes)
        if not self._coding:
            self._decoded += piece
            return
        while piece:
            piece = self._inflate(piece)

    def finish(self) -> bytes:
        """The whole body; raises if the compressed data ends too early."""
        if self._inflater is not None and not self._inflater.eof:
            raise RemoteError(RemoteFault.BREAKS_OFF, retry=True)
        return bytes(self._decoded)

    def _inflate(self, piece: bytes) -> bytes:
        """Decode one piece; returns the rest, which belongs to the next gzip member."""
        if self._inflater is None or self._inflater.eof:
            self._inflater = zlib.decompressobj(self._bits_for(piece))
        room = self._max_bytes - len(self._decoded)
        try:
            # With room for one byte more, a body that is too long can be told from a full one.
            self._decoded += self._inflater.decompress(piece, room + 1)
        except zlib.error as error:
            raise RemoteError(RemoteFault.NOT_DECODED, retry=False) from error
        if len(self._decoded) > self._max_bytes:
            raise _too_long(self._max_bytes)
        return self._inflater.unused_data

    def _bits_for(self, piece: bytes) -> int:
        if self._coding == "gzip":
            return _GZIP_BITS
        # Some servers send bare deflate without the zlib header, whose low four bits are always 8.
        return _ZLIB_BITS if piece[0] & 0x0F == zlib.DEFLATED else _RAW_BITS


def _too_long(max_bytes: int) -> RemoteError:
    return RemoteError(RemoteFault.TOO_LONG, retry=False, facts={"most": max_bytes})
