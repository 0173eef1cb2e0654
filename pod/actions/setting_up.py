"""A one-time link to the set-up page: made by whoever has a shell on the pod's machine, good for an hour, used once."""

from __future__ import annotations

from typing import Final

from models.setup import insert_setup_link
from pod.actions.founding import token_hash
from pod.clock import random_token
from pod.deps import Deps

LIFE_MS: Final = 3600 * 1000


async def make_setup_link(deps: Deps) -> str:
    """A fresh token of the path `/setup/{token}`; the pod keeps only its hash (`token_hash`)."""
    token, now = random_token(), deps.clock()
    await deps.write(
        lambda session: insert_setup_link(session, sha256=token_hash(token), now=now, expires_at=now + LIFE_MS)
    )
    return token


def setup_url(base_url: str, token: str) -> str:
    """The address at which the set-up page opens with this token."""
    return f"{base_url}/setup/{token}"
