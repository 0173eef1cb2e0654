"""Whether an actor of another server says that it is an account here, too: by `alsoKnownAs` in its own document."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, TypeVar

from federation.elsewhere.foreign_posts import ForeignEntry, ForeignPost
from federation.errors import RemoteError
from models.people.accounts import Account
from pod.actions.fediverse.actors import fetch_document
from pod.deps import Deps
from protocol.errors import RefusedError

MOST_NAMES: Final = 100
Entry = TypeVar("Entry", bound=ForeignEntry)


async def proven_author(deps: Deps, account: Account, entries: Iterator[Entry]) -> tuple[str, Iterator[Entry]]:
    """The actor whose posts these are, if it names the account; and all entries. Readers refuse posts of others."""
    before: list[Entry] = []
    for entry in entries:
        before.append(entry)
        if isinstance(entry, ForeignPost):
            actor = await proven_actor(deps, account, entry.author) if "://" in entry.author else ""
            return actor, chain(before, entries)
    return "", iter(before)


async def proven_actor(deps: Deps, account: Account, actor: str) -> str:
    """The actor's address if its document names the account's actor here; else, or without an answer, empty.

    One look-up, by the pod's own door out. Never call it inside a write action.
    """
    try:
        document = await fetch_document(deps, actor)
    except (RemoteError, RefusedError):
        return ""
    said = document.get("alsoKnownAs")
    names = said[:MOST_NAMES] if isinstance(said, list) else [said]
    own = f"{deps.identity.base_url}/u/{account.name}"
    return actor if document.get("id") == actor and own in names else ""
