"""Mastodon's archive, as zip, tar.gz or bare outbox.json: a person's posts and boosts, with dates and audience.

1. The archive's own actor.json says whose it is; without it, the outbox's first entry. Posts by others are refused.
2. Who was meant to read a post is said by `to` and `cc`, as Mastodon writes them: public in `to`, public in `cc`
   (unlisted), the followers, or the named people alone.
3. A file's address in the archive is found by its whole path, or by its end, because archives change their roots.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from federation.contexts import PUBLIC
from federation.elsewhere.archive_files import ArchiveEntry, archive_entries, plain_path
from federation.elsewhere.foreign_html import read_html, writable
from federation.elsewhere.foreign_posts import (
    Audience,
    ForeignAttachment,
    ForeignBoost,
    ForeignEntry,
    ForeignPost,
    date_ms,
    text_of,
    text_refusal,
)
from federation.elsewhere.json_entries import json_entries
from federation.elsewhere.rows import BOUNDS, FileBounds, RefusedRow, shortened
from federation.rules.elsewhere import ElsewhereRule
from protocol.errors import Refused
from protocol.limits import MAX_ATTACHMENTS, MAX_NAME_LENGTH

OUTBOX: Final = "outbox.json"
_PUBLIC: Final = frozenset({PUBLIC, "as:Public", "Public"})
_NOTES: Final = frozenset({"Note", "Article", "Page", "Question"})


def read_posts(stream: BinaryIO, file: str, bounds: FileBounds = BOUNDS) -> Iterator[ForeignEntry]:
    """Each entry of the archive's outbox; raises ForeignFileError where the file can't be read, or not further."""
    for entry in archive_entries(stream, file, bounds):
        if entry.is_bare or entry.path.rpartition("/")[2] == OUTBOX:
            yield from _read_outbox(entry.stream, entry.path, bounds)
            return
    raise ElsewhereRule.FILE_WITHOUT_POSTS.error(file=file)


def read_files(
    stream: BinaryIO, file: str, wanted: frozenset[str], bounds: FileBounds = BOUNDS
) -> Iterator[ArchiveEntry]:
    """The files of the archive that posts name (`ForeignAttachment.path`), under that name and no other."""
    ends = {path.rpartition("/")[2]: path for path in wanted}
    for entry in archive_entries(stream, file, bounds):
        named = ends.get(entry.path.rpartition("/")[2], "")
        if named and (entry.path == named or entry.path.endswith(f"/{named}") or named.endswith(f"/{entry.path}")):
            yield ArchiveEntry(named, entry.stream)


def _read_outbox(stream: BinaryIO, file: str, bounds: FileBounds) -> Iterator[ForeignEntry]:
    owner = ""
    for row, value, refused in json_entries(stream, file, ("orderedItems", "items"), bounds):
        if refused is not None or not isinstance(value, dict):
            yield RefusedRow(file, row, refused or ElsewhereRule.ROW_ODD.refused(what="type"))
            continue
        owner = owner or text_of(value.get("actor"))
        read = _read_activity(value, owner, file, row)
        yield RefusedRow(file, row, read, (text_of(value.get("id")),)) if isinstance(read, Refused) else read


def _read_activity(activity: dict[str, Any], owner: str, file: str, row: int) -> ForeignPost | ForeignBoost | Refused:
    kind, actor = text_of(activity.get("type")), text_of(activity.get("actor"))
    if not actor or actor != owner:
        return ElsewhereRule.ROW_OTHERS_WORDS.refused(author=shortened(actor or "?"))
    if kind == "Announce":
        return _read_boost(activity, file, row)
    note = activity.get("object")
    if kind != "Create" or not isinstance(note, dict) or note.get("type") not in _NOTES:
        sort = note.get("type") if kind == "Create" and isinstance(note, dict) else kind
        return ElsewhereRule.ROW_NOT_READ.refused(kind=shortened(sort or "?"))
    if note.get("attributedTo", owner) != owner:
        return ElsewhereRule.ROW_OTHERS_WORDS.refused(author=shortened(note.get("attributedTo")))
    return _read_note(note, owner, file, row)


def _read_boost(activity: dict[str, Any], file: str, row: int) -> ForeignBoost | Refused:
    at, of = date_ms(activity.get("published")), activity.get("object")
    target = text_of(of.get("id")) if isinstance(of, dict) else text_of(of)
    if not target:
        return ElsewhereRule.ROW_ODD.refused(what="object")
    return at if isinstance(at, Refused) else ForeignBoost(file, row, target, at, _audience(activity))


def _read_note(note: dict[str, Any], owner: str, file: str, row: int) -> ForeignPost | Refused:
    at, own_id = date_ms(note.get("published")), text_of(note.get("id"))
    if isinstance(at, Refused):
        return at
    if not own_id:
        return ElsewhereRule.ROW_ODD.refused(what="id")
    files = _attachments(note)
    paragraphs = read_html(text_of(note.get("content")), _mentions(note))
    refused = text_refusal(paragraphs)
    if refused is not None and (refused.rule is not ElsewhereRule.ROW_NO_TEXT or not files):
        return refused
    return ForeignPost(
        file=file,
        row=row,
        id=own_id,
        url=text_of(note.get("url")) or own_id,
        at=at,
        author=owner,
        paragraphs=paragraphs,
        title=_line(note.get("name")),
        warning=_line(note.get("summary")),
        language=_language(note),
        audience=_audience(note),
        reply_to=text_of(note.get("inReplyTo")),
        attachments=files,
    )


def _line(value: object) -> str:
    return " ".join(writable(text_of(value)).split())[:MAX_NAME_LENGTH]


def _language(note: dict[str, Any]) -> str:
    """The only language of the post, if it says one."""
    names = note.get("contentMap")
    (name, *others) = names if isinstance(names, dict) and names else ("",)
    return name if not others and 0 < len(name) <= 35 and name.isascii() else ""


def _audience(said: dict[str, Any]) -> Audience:
    to, cc = _addresses(said.get("to")), _addresses(said.get("cc"))
    if to & _PUBLIC:
        return "public"
    if cc & _PUBLIC:
        return "unlisted"
    return "followers" if any(address.endswith("/followers") for address in to | cc) else "direct"


def _addresses(value: object) -> frozenset[str]:
    return frozenset(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))


def _entries(value: object) -> list[dict[str, Any]]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _mentions(note: dict[str, Any]) -> dict[str, str]:
    """The handles of the people whom a note names: by their addresses, and by the name that Mastodon shows."""
    named = [tag for tag in _entries(note.get("tag")) if tag.get("type") == "Mention"]
    handles = [(text_of(tag.get("href")), _line(tag.get("name"))) for tag in named]
    short = [(f"@{handle[1:].partition('@')[0]}", handle) for _, handle in handles]
    by_name = {name: handle for name, handle in short if [one for one, _ in short].count(name) == 1}
    return {href: handle for href, handle in [*handles, *by_name.items()] if handle.startswith("@")}


def _attachments(note: dict[str, Any]) -> tuple[ForeignAttachment, ...]:
    """The files of a note; a link to another server names no file of the archive."""
    found = []
    for one in _entries(note.get("attachment"))[:MAX_ATTACHMENTS]:
        url = text_of(one.get("url"))
        path = "" if "://" in url else plain_path(url)
        found.append(ForeignAttachment(path, text_of(one.get("mediaType")), writable(text_of(one.get("name")))))
    return tuple(found)
