"""A group's past from a forum, as posts with their threads: Discourse, Reddit or Loomio, known by the file's content.

Authors are names and nothing more: nobody here can prove who they were. `reply_to` names another post of the file, or
the post that opened the thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import BinaryIO, Final

from federation.elsewhere.archive_files import archive_entries
from federation.elsewhere.discourse import read_discourse, read_discourse_csv
from federation.elsewhere.foreign_posts import ForeignEntry
from federation.elsewhere.loomio import read_loomio
from federation.elsewhere.reddit import read_reddit, read_reddit_csv
from federation.elsewhere.rows import BOUNDS, PEEK, FileBounds
from federation.rules.elsewhere import ElsewhereRule

PastReader = Callable[[BufferedReader, str, FileBounds], Iterator[ForeignEntry]]


def read_past(stream: BinaryIO, file: str, bounds: FileBounds = BOUNDS) -> Iterator[ForeignEntry]:
    """Each post of the file, or of every file of an archive; raises FILE_UNKNOWN if nothing of it is known."""
    known = False
    for entry in archive_entries(stream, file, bounds):
        start = entry.stream.peek(PEEK)
        if is_past(start):
            known = True
            yield from _reader_of(start)(entry.stream, entry.path, bounds)
    if not known:
        raise ElsewhereRule.FILE_UNKNOWN.error(file=file)


def is_past(start: bytes) -> bool:
    """Whether a file that begins so is one of them."""
    return any(is_this(_bare(start)) for is_this, _ in _SOFTWARE)


def _reader_of(start: bytes) -> PastReader:
    return next(read for is_this, read in _SOFTWARE if is_this(_bare(start)))


def _bare(start: bytes) -> bytes:
    return start[:PEEK].removeprefix(b"\xef\xbb\xbf").lstrip()


def _is_loomio(start: bytes) -> bool:
    return start.startswith(b"{") and b'"table"' in start[:200] and b'"record"' in start


def _is_topic(start: bytes) -> bool:
    return start.startswith((b"{", b"[")) and b'"post_stream"' in start


def _is_reddit(start: bytes) -> bool:
    return start.startswith(b"{") and (b'"created_utc"' in start or b'"subreddit"' in start)


def _is_reddit_table(start: bytes) -> bool:
    return start[:200].startswith(b"id,permalink,date,")


def _is_discourse_table(start: bytes) -> bool:
    return start[:200].startswith(b"topic_title,")


_SOFTWARE: Final[tuple[tuple[Callable[[bytes], bool], PastReader], ...]] = (
    (_is_loomio, read_loomio),
    (_is_topic, read_discourse),
    (_is_reddit, read_reddit),
    (_is_reddit_table, read_reddit_csv),
    (_is_discourse_table, read_discourse_csv),
)
