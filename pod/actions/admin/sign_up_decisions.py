"""An admin says yes or no to who wants an account, or asks first. The mail goes out, then the decision is written down.

In this order nobody is decided about without a word: if the mail can't be sent, the wish still waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account
from models.pod.sign_ups import SignUp, State, list_sign_ups, load_sign_up, set_sign_up
from pod.actions.audit import write_down
from pod.actions.groups.founding import token_hash
from pod.actions.letters import Letter, send
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.admin import AdminRule

WriteLetter = Callable[[SignUp, str], Letter]
MOST_SHOWN = 200


async def read_sign_ups(deps: Deps, states: Sequence[State]) -> list[SignUp]:
    """Wishes in these states; those that wait longest come first."""
    async with deps.store.database.read() as session:
        return await list_sign_ups(session, states, MOST_SHOWN)


async def accept(deps: Deps, admin: Account, number: int, why: str, letter: WriteLetter) -> None:
    """Accept the wish: mail the link that opens the account; `letter` writes the mail, given the link."""
    wish, token = await _waiting(deps, number), random_token()
    await send(deps, wish.address, letter(wish, f"{deps.identity.base_url}/sign-up/open/{token}"))
    await _decide(deps, admin, wish, "accepted", why, token=token)


async def reject(deps: Deps, admin: Account, number: int, reason: str, letter: WriteLetter) -> None:
    """Reject the wish; the reason is mailed as the admin wrote it."""
    if not reason:
        raise AdminRule.REASON_NEEDED.error()
    wish = await _waiting(deps, number)
    await send(deps, wish.address, letter(wish, reason))
    await _decide(deps, admin, wish, "rejected", reason)


async def ask(deps: Deps, admin: Account, number: int, question: str, letter: WriteLetter) -> None:
    """Ask the person a question by mail; `letter` is given the link to the page for the answer."""
    if not question:
        raise AdminRule.QUESTION_NEEDED.error()
    wish, token = await _waiting(deps, number), random_token()
    await send(deps, wish.address, letter(wish, f"{deps.identity.base_url}/sign-up/answer/{token}"))
    await _decide(deps, admin, wish, "asked", question, token=token)


async def _waiting(deps: Deps, number: int) -> SignUp:
    async with deps.store.database.read() as session:
        wish = await load_sign_up(session, number)
    if wish is None or wish.state != "waiting":
        raise AdminRule.NOT_WAITING.error()
    return wish


async def _decide(deps: Deps, admin: Account, wish: SignUp, state: State, why: str, *, token: str = "") -> None:
    hashed = token_hash(token) if token else None

    async def action(session: AsyncSession) -> None:
        now = await load_sign_up(session, wish.id)
        if now is None or now.state != "waiting":
            raise AdminRule.ANSWERED_BY_ANOTHER.error()
        said = "" if state == "accepted" else why
        await set_sign_up(session, wish.id, state=state, said=said, token=hashed, changed_at=deps.clock())
        await write_down(session, deps, admin.name, "sign-up", wish.name, before="waiting", after=state, why=why)

    await deps.store.write(action)
