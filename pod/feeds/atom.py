"""Entries as an Atom feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_LAST_MS: Final = 253_402_300_799_000


class FeedEntry(msgspec.Struct, frozen=True):
    """An entry; `at` in ms."""

    id: str
    title: str
    at: int
    author: str
    url: str
    text: str


class Feed(msgspec.Struct, frozen=True):
    """A feed: `own` is its address, `page` what people read; `began`: its time while it is empty."""

    id: str
    title: str
    own: str
    page: str
    language: str
    began: int
    entries: Sequence[FeedEntry]


def atom_of(feed: Feed) -> bytes:
    """The document; the same entries give the same bytes."""
    root = Element("feed", {"xmlns": NAMESPACE, "xml:lang": feed.language})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", _time(max((entry.at for entry in feed.entries), default=feed.began)))
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.own})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.page})
    for entry in feed.entries:
        node = SubElement(root, "entry")
        _add(node, "id", entry.id)
        _add(node, "title", entry.title)
        _add(node, "updated", _time(entry.at))
        _add(SubElement(node, "author"), "name", entry.author)
        SubElement(node, "link", {"rel": "alternate", "type": "text/html", "href": entry.url})
        _add(node, "summary", entry.text)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root)


def _add(node: Element, name: str, text: str) -> None:
    # XML has no place for control characters, not even as references.
    SubElement(node, name).text = "".join(letter for letter in text if letter == "\n" or letter.isprintable())


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(min(max(at_ms, 0), _LAST_MS) // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
