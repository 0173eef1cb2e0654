"""Collections as they are shown: a count, and pages of items where the items are for everybody."""

from __future__ import annotations

from collections.abc import Sequence

from federation.activities.build import CONTEXT
from federation.contexts import AS2
from protocol.canonical import JsonObject


def counted(own_id: str, total: int) -> JsonObject:
    """A collection that tells only its size."""
    return {"@context": AS2, "id": own_id, "type": "OrderedCollection", "totalItems": total}


def paged(own_id: str, total: int, *, first: str) -> JsonObject:
    """A collection whose items are on pages."""
    return {**counted(own_id, total), "first": first}


def page(own_id: str, part_of: str, items: Sequence[JsonObject], *, following: str | None) -> JsonObject:
    """One page; `following`: the next page's id, None at the end."""
    bare = [{name: value for name, value in item.items() if name != "@context"} for item in items]
    members = {"@context": CONTEXT, "id": own_id, "type": "OrderedCollectionPage", "partOf": part_of}
    return {**members, "orderedItems": bare, **({"next": following} if following else {})}
