"""A request as its signature sees it, and by which address its tries are counted."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from aiohttp import web

from federation.signatures import SignedRequest
from pod.app_keys import DEPS

V6_PREFIX: Final = 64


async def as_signed(request: web.Request) -> SignedRequest:
    """The request for those who verify signatures."""
    return SignedRequest(
        method=request.method,
        target=request.raw_path,
        authority=request.headers.get("Host", ""),
        scheme=request.app[DEPS].identity.base_url.split(":", maxsplit=1)[0],
        headers=tuple(request.headers.items()),
        body=await request.read(),
    )


def address_of(request: web.Request) -> str:
    """By what tries are counted: who connects, or whom a proxy on this machine names; of IPv6 the network.

    A proxy adds the address that it saw at the end; what stands before is anybody's claim.
    """
    peer = _address(request.remote or "")
    if peer is not None and peer.is_loopback:
        peer = _address(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()) or peer
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped is None:
        return str(ip_network((peer, V6_PREFIX), strict=False))
    return str(peer)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
