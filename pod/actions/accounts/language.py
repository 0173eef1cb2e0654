"""The language in which an account reads pages and gets mail."""

from __future__ import annotations

from models.people.accounts import Account, set_language
from pod.deps import Deps


async def choose_language(deps: Deps, account: Account, language: str) -> None:
    """Remember the account's language."""
    await deps.store.write(lambda session: set_language(session, account.id, language))
