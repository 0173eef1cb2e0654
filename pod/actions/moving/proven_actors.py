"""Whether an actor of another server says that it is an account here, too: by `alsoKnownAs` in its own document."""

from __future__ import annotations

from typing import Final

from federation.errors import RemoteError
from models.people.accounts import Account
from pod.actions.fediverse.actors import fetch_document
from pod.deps import Deps
from protocol.errors import RefusedError

MOST_NAMES: Final = 100


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
