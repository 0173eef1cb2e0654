"""Nobody here writes an invisible text: names, titles and texts only of blanks, joiners and fillers are refused.

Records of other pods aren't refused; pages show an invisible name as if there were none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pod.foreign_text import is_seen
from pod.rules.posts import PostRule

NAMES: Final = ("title", "nickname", "name")


def check_seen(body: Mapping[str, Any]) -> None:
    """Refuse a record whose name, title or text would show nothing; raises MalformedError."""
    wishes = body.get("with")
    for part in (body, wishes if isinstance(wishes, Mapping) else {}):
        if any(isinstance(name := part.get(kind), str) and name and not is_seen(name) for kind in NAMES):
            raise PostRule.NOTHING_TO_SEE.error()
    texts = [text for text in _texts(body) if text]
    if texts and not any(map(is_seen, texts)):
        raise PostRule.WRITE_SOMETHING.error()


def _texts(body: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("paragraphs", "adds"):
        parts = body.get(kind)
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, Mapping) and isinstance(text := part.get("text"), str):
                yield text
