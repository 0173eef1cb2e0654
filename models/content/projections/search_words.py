"""Records -> the words by which they are searched, as their kinds give them."""

from typing import Any

from models.content.projections.kinds import PROJECTED
from models.content.projections.rows import Accepted
from models.content.word_pieces import folded
from protocol.records.content import Authored


def searched_row(record: Accepted) -> dict[str, Any] | None:
    """The row of a record with words."""
    kind, content = PROJECTED.of(record.type), record.content
    if kind is None or kind.search is None or not isinstance(content, Authored):
        return None
    found = kind.search(record.id, content)
    if found is None:
        return None
    text = "\n".join(part for part in found.words if part)
    return {
        "seq": record.seq,
        "record_id": record.id,
        "post_id": found.post,
        "group_id": record.group,
        "author": content.author,
        "kind": found.kind,
        "language": found.language,
        "text": text,
        "words": folded(text),
    }
