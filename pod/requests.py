"""A request as its signature sees it, and by which address its tries are counted."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

import msgspec
from aiohttp import web

from federation.signatures import SignedRequest
from pod.app_keys import DEPS

V6_PREFIX: Final = 64
MOST_PROXIES: Final = 4
LONGEST_ADDRESS: Final = 64  # an IPv6 address has at most 45 characters, followed by its zone
ADDRESS: Final = web.RequestKey("address", str)  # several parts need it for a request, so it is found only once


async def as_signed(request: web.Request) -> SignedRequest:
    """The request, in the form in which signatures are verified."""
    return SignedRequest(
        method=request.method,
        target=request.raw_path,
        authority=request.headers.get("Host", ""),
        scheme=request.app[DEPS].identity.base_url.split(":", maxsplit=1)[0],
        headers=tuple(request.headers.items()),
        body=await request.read(),
        asker=address_of(request),
    )


def address_of(request: web.Request) -> str:
    """The address by which tries and shares are counted; of IPv6, the network.

    It is the client's, or the one that a proxy on this machine names. A proxy adds the address that it saw at the end,
    in the same or another header field of that name; the client may have written anything before it. Further proxies on
    this machine are skipped.
    """
    try:
        return request[ADDRESS]
    except KeyError:
        remote = request.remote or ""
        found = (_named_by_proxies(request) if is_proxy(remote) else None) or counted_address(remote)
        request[ADDRESS] = found
        return found


def is_proxy(remote: str) -> bool:
    """Whether the client may name another address, because it runs on this machine."""
    return _read(remote).is_loopback


def counted_address(remote: str) -> str:
    """The address by which a client's connections are counted."""
    return _read(remote).counted


def _named_by_proxies(request: web.Request) -> str | None:
    for named in reversed(",".join(request.headers.getall("X-Forwarded-For", [])).split(",")[-MOST_PROXIES:]):
        address = _read(_without_port(named.strip()))
        if not address.is_loopback:
            return address.counted if address.is_valid else None
    return None


def _without_port(text: str) -> str:
    """`192.0.2.1:4711` and `[2001:db8::1]:4711` name a port, `2001:db8::1` doesn't."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


class _Address(msgspec.Struct, frozen=True):
    counted: str
    is_loopback: bool
    is_valid: bool


def _read(text: str) -> _Address:
    """An address, as it is counted. Cached, because each request asks several times, and the same few come often."""
    return _NO_ADDRESS if len(text) > LONGEST_ADDRESS else _read_short(text)


@lru_cache(maxsize=4096)
def _read_short(text: str) -> _Address:
    try:
        read = ip_address(text)
    except ValueError:
        return _NO_ADDRESS
    address = (read.ipv4_mapped if isinstance(read, IPv6Address) else None) or read
    counted = ip_network((address, V6_PREFIX), strict=False) if isinstance(address, IPv6Address) else address
    return _Address(str(counted), address.is_loopback, is_valid=True)


_NO_ADDRESS: Final = _Address("None", is_loopback=False, is_valid=False)
