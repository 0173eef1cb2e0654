"""A post of other software, whoever kept it: what it said, when, where it stood, and who was meant to read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from federation.elsewhere.rows import RefusedRow, shortened
from federation.rules.elsewhere import ElsewhereRule
from protocol.errors import Refused
from protocol.records.content import Paragraph

Audience = Literal["public", "unlisted", "followers", "direct"]
MAX_POST_TEXT: Final = 48 * 1024  # bytes of text; with its header a post must fit a record
_OLDEST_MS: Final = 0
_LATEST_MS: Final = 4_102_444_800_000  # 2100; a later date is a mistake


class ForeignAttachment(msgspec.Struct, frozen=True):
    """A file of a post. `path`: in the archive; empty if the file is elsewhere."""

    path: str
    media_type: str
    alt: str


class ForeignPost(msgspec.Struct, frozen=True, kw_only=True):
    """One post. `id`: what others of the same file call it; `url`: its page, if it has one; `at`: ms since 1970.

    `author`: an actor's address in an archive of one person, a plain name in one of a group. `reply_to`: the id of the
    post that it answers, which may stand elsewhere. `warning`: what its author set before it.
    """

    file: str
    row: int
    id: str
    url: str
    at: int
    author: str
    paragraphs: tuple[Paragraph, ...]
    title: str = ""
    warning: str = ""
    language: str = ""
    audience: Audience = "public"
    reply_to: str = ""
    attachments: tuple[ForeignAttachment, ...] = ()


class ForeignBoost(msgspec.Struct, frozen=True):
    """Somebody else's post that was passed on. `of`: that post's address."""

    file: str
    row: int
    of: str
    at: int
    audience: Audience


ForeignEntry = ForeignPost | ForeignBoost | RefusedRow


def date_ms(text: object) -> int | Refused:
    """A date as ISO 8601, as Reddit writes it, or as seconds since 1970, in milliseconds."""
    odd = ElsewhereRule.ROW_NO_DATE.refused(value=shortened(text))
    try:
        if isinstance(text, int | float) and not isinstance(text, bool):
            found = int(text * 1000)
        else:
            moment = datetime.fromisoformat(str(text).strip().removesuffix(" UTC"))
            found = int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return odd
    return found if _OLDEST_MS <= found <= _LATEST_MS else odd


def text_refusal(paragraphs: tuple[Paragraph, ...]) -> Refused | None:
    """Why a post with these paragraphs can't be a record."""
    if not paragraphs:
        return ElsewhereRule.ROW_NO_TEXT.refused()
    if sum(len(paragraph.text.encode()) for paragraph in paragraphs) > MAX_POST_TEXT:
        return ElsewhereRule.ROW_TOO_LONG.refused(most=MAX_POST_TEXT)
    return None


def text_of(value: Any) -> str:
    """A member that should be text; anything else counts as empty."""
    return value if isinstance(value, str) else ""
