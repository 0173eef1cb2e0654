"""A request as its signature sees it, and by which address its tries are counted."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from aiohttp import web

from federation.signatures import SignedRequest
from pod.app_keys import DEPS

V6_PREFIX: Final = 64
MOST_PROXIES: Final = 4


async def as_signed(request: web.Request) -> SignedRequest:
    """The request for those who verify signatures."""
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
    """By what tries and shares are counted: who connects, or whom a proxy on this machine names; of IPv6 the network.

    A proxy adds the address that it saw at the end, in the field or in another field of that name; what stands before
    is anybody's claim. A proxy before the proxy, on this machine too, is passed over.
    """
    remote = request.remote or ""
    return _counted((_named_by_proxies(request) if is_proxy(remote) else None) or _address(remote))


def is_proxy(remote: str) -> bool:
    """Whether who connects may name others: whatever runs on this machine."""
    address = _address(remote)
    return address is not None and address.is_loopback


def counted_address(remote: str) -> str:
    """By what the connections of who connects are counted."""
    return _counted(_address(remote))


def _counted(address: IPv4Address | IPv6Address | None) -> str:
    return str(ip_network((address, V6_PREFIX), strict=False) if isinstance(address, IPv6Address) else address)


def _named_by_proxies(request: web.Request) -> IPv4Address | IPv6Address | None:
    for named in reversed(",".join(request.headers.getall("X-Forwarded-For", [])).split(",")[-MOST_PROXIES:]):
        address = _address(_without_port(named.strip()))
        if address is None or not address.is_loopback:
            return address
    return None


def _without_port(text: str) -> str:
    """`192.0.2.1:4711` and `[2001:db8::1]:4711` name a port, `2001:db8::1` doesn't."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
