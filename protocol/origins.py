"""A pod has one spelling: a bare origin, scheme and host, and a port where it isn't the scheme's own.

What a record names as a home is compared as text by every pod, and others send requests there: so it has no path, no
query, no user, and neither capitals nor a second spelling of the same address (protocol section 2).
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

_ORIGIN: Final = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*))(?::(?P<port>[1-9][0-9]{0,4}))?"
)
_OWN_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_HOST: Final = 253
_LONGEST_LABEL: Final = 63


def is_bare_origin(url: str) -> bool:
    """Whether `url` is an origin in its one allowed spelling."""
    matched = _ORIGIN.fullmatch(url)
    if matched is None:
        return False
    port = int(matched["port"] or 0)
    if port > 65535 or port == _OWN_PORTS[matched["scheme"]]:
        return False
    return _is_v6(matched["v6"]) if matched["v6"] else _is_host(matched["host"])


def _is_v6(text: str) -> bool:
    try:
        return str(IPv6Address(text)) == text
    except AddressValueError:
        return False


def _is_host(host: str) -> bool:
    labels = host.split(".")
    if len(host) > _LONGEST_HOST or max(map(len, labels)) > _LONGEST_LABEL:
        return False
    # As browsers read it: a host that ends in a number is an IPv4 address, which has other spellings, too.
    if not labels[-1].isdecimal() and not labels[-1].startswith("0x"):
        return True
    try:
        return str(IPv4Address(host)) == host
    except AddressValueError:
        return False
