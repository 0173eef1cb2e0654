"""No socket of this pod is opened to an address that a stranger must not make it reach (SSRF).

Rules of this file (federation §2.24, §2.25):

1. Every answer of the resolver must be reachable; one private address among public ones condemns the name.
2. The address that was checked is the one that is dialled: there is no second look-up.
3. The socket is checked again when it is made, because address literals never pass the resolver.
4. Addresses inside `allow_networks` may be reached on any port, by http too; all others are public, on 443.
"""

import socket
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from federation.addresses import IPAddress, IPNetwork, check_public, is_public, is_within, literal_of
from federation.errors import UnsafeAddressError

HTTPS_PORT: Final = 443


class ForbiddenAddressError(OSError):
    """An address that the pod must not contact. An OSError, so that the HTTP client passes it on."""


class Guard:
    """Decides which URLs may be requested and which addresses may be connected to."""

    def __init__(self, allow_networks: Sequence[str] = ()) -> None:
        self._allowed: tuple[IPNetwork, ...] = tuple(ip_network(network) for network in allow_networks)

    def check_url(self, url: URL) -> None:
        """Refuse a URL before its name is looked up (UnsafeAddressError)."""
        if not self._may_be_allowed(url):
            check_public(url)

    def check_address(self, host: str, port: int) -> None:
        """Refuse an address given as text (ForbiddenAddressError)."""
        try:
            address = ip_address(host)
        except ValueError as error:
            raise ForbiddenAddressError("The resolver gave no address.") from error
        if is_within(address, self._allowed):
            return
        if port != HTTPS_PORT or not is_public(address):
            raise ForbiddenAddressError("The address isn't on the public internet.")

    def open_socket(self, addr_info: tuple[Any, ...]) -> socket.socket:
        """The connector's socket factory, which is called with each address right before the connection."""
        family, kind, protocol, _, sockaddr = addr_info
        self.check_address(sockaddr[0], sockaddr[1])
        return socket.socket(family=family, type=kind, proto=protocol)

    def _may_be_allowed(self, url: URL) -> bool:
        """Whether the URL can lead into an allowed network; a name is checked later, by its addresses.

        Never true for http on port 443, because connections to port 443 may also go outside the allowed networks.
        """
        if not self._allowed or (url.scheme == "http" and url.port == HTTPS_PORT):
            return False
        literal: IPAddress | None = literal_of(url.raw_host or "")
        return literal is None or is_within(literal, self._allowed)


class GuardedResolver(AbstractResolver):
    """A resolver that checks every address; one forbidden address makes the whole name fail."""

    def __init__(self, inner: AbstractResolver, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answers = await self._inner.resolve(host, port, family)
        for answer in answers:
            self._guard.check_address(answer["host"], port)
        return answers

    async def close(self) -> None:
        await self._inner.close()


def is_forbidden(error: BaseException | None) -> bool:
    """Whether a connection failed because this module forbade its address."""
    while error is not None:
        if isinstance(error, ForbiddenAddressError | UnsafeAddressError):
            return True
        error = error.__cause__ or getattr(error, "os_error", None)
    return False
