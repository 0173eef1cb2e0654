"""Who pays for a request with a share of the processor: first the client's address, then the account when known."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from models.people.accounts import Account
from pod.budgets.processor import Processor
from pod.budgets.steps import TURN, Steps, paying
from pod.requests import V6_PREFIX, address_of

V6_CUSTOMER: Final = 48
SESSION: Final = "session"  # the name of the cookie of a signed-in browser
PROCESSOR: Final = web.AppKey("processor", Processor)


@web.middleware
async def take_turns(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Run the handler when it is its payer's turn, and count the processor time that it takes."""
    processor = request.app[PROCESSOR]
    turn = await processor.begin(payer_of(request), may_move=_names_account(request))
    try:
        with paying(turn):
            return await Steps(handler(request), turn, processor)
    finally:
        processor.end(turn)


def payer_of(request: web.Request) -> str:
    """The client's address; of IPv6 the /48 network, because a customer usually gets all of its 65,536 networks."""
    address = address_of(request)
    return str(ip_network(address).supernet(new_prefix=V6_CUSTOMER)) if address.endswith(f"/{V6_PREFIX}") else address


def _names_account(request: web.Request) -> bool:
    return "Authorization" in request.headers or SESSION in request.headers.get("Cookie", "")


async def pay_as(request: web.Request, account: Account) -> None:
    """Let an account pay from now on, because many people may share an address, and one person may have many."""
    turn = TURN.get()
    if turn is not None:
        await request.app[PROCESSOR].hand_over(turn, f"account {account.id}")
