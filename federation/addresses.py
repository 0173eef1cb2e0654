"""One way to read a URL, one spelling of a host, one answer to whether an address is public.

Rules of this file (federation §2.4, §2.24, §2.25, §2.33):

1. A URL is http or https and has a host; userinfo, backslashes, control characters and spaces are refused.
2. A host is compared as lower-case A-labels without the trailing dot. A name that UTS 46 would turn into
   another one (full-width dots, circled letters) is refused, not mapped: the reader saw something else.
3. An IPv4 address is written as four plain decimals. Every other name that ends in a number is refused.
4. An origin is (scheme, host, port); the default port is spelled out.
5. Public is what is routed on the internet and belongs to nobody special. Addresses that carry an IPv4
   address inside (mapped, NAT64, 6to4, Teredo) are as public as that one. Of IPv6 only 2000::/3 is public.
6. Without special permission this pod contacts public hosts by https on port 443 and nothing else.
"""

import re
import unicodedata
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple

import idna
from yarl import URL

from federation.errors import UnsafeAddressError
from federation.rules.addresses import AddressRule
from protocol.limits import MAX_URL_LENGTH

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
MAX_HOST_LENGTH: Final = 253  # of a DNS name as text

# No control character, space or backslash anywhere.
_URL: Final = re.compile(r"(https?)://([^/?#\x00-\x20\x7f\\]+)([/?#][^\x00-\x20\x7f\\]*)?", re.IGNORECASE)
# None of Unicode's noncharacters either: no record could name such an actor (RFC 7493 §2.1), and neither could a copy
# of the account that it follows. They are looked for apart: in one pattern with them, any letter costs six times more.
_NO_TEXT: Final = re.compile(
    "[\ufdd0-\ufdef" + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17)) + "]"
)
_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+)(?::([0-9]{1,5}))?")
_LABEL: Final = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_PLAIN_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_FOREIGN_DOTS: Final = frozenset("\u3002\uff0e\uff61")

# Names that never lead to a public server: RFC 6761, 6762, 7686, 8375, 9476; what routers and clouds use.
_PRIVATE_SUFFIXES: Final = (
    ".localhost", ".local", ".internal", ".onion", ".i2p", ".home.arpa", ".in-addr.arpa", ".ip6.arpa",
    ".lan", ".intranet", ".private", ".corp", ".home", ".alt", ".invalid",
)  # fmt: skip

# IANA's special-purpose registries, because on 3.11 `ipaddress.is_global` calls several of these public.
_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_PUBLIC_6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


class Origin(NamedTuple):
    """Scheme, host and port of a URL. Documents of one origin may speak for each other."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """The origin as a URL, in the form of members' homes: without the scheme's default port."""
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{bracketed(self.host)}{port}"


def parse_url(text: str) -> URL:
    """Read an absolute http(s) URL: host normalised, path percent-encoded and without dot segments."""
    _check_length(text)
    return _parse_url(text)


@lru_cache(maxsize=8192)
def _parse_url(text: str) -> URL:
    scheme, authority, rest = _matched(text).groups()
    host, port = _split_authority(authority)
    scheme = scheme.lower()
    shown_port = "" if port in {None, DEFAULT_PORTS[scheme]} else f":{port}"
    try:
        url = URL(f"{scheme}://{bracketed(host)}{shown_port}{rest or '/'}")
    except ValueError as error:
        raise AddressRule.UNREADABLE_URL.error() from error
    # If two parsers disagree about the host, a check can be bypassed.
    if url.raw_host != host or url.user is not None:
        raise AddressRule.AMBIGUOUS_HOST.error()
    return url


def origin_of(url: str | URL) -> Origin:
    """The origin of a URL. Parses only the part before the path, once per host, because many ids have few hosts."""
    if not isinstance(url, str):
        return Origin(url.scheme, url.raw_host or "", url.port or 0)
    _check_length(url)
    return _origin_at(url[: _matched(url).end(2)])


@lru_cache(maxsize=8192)
def _origin_at(root: str) -> Origin:
    return origin_of(_parse_url(f"{root}/"))


def _check_length(text: str) -> None:
    if len(text) > MAX_URL_LENGTH:
        raise AddressRule.URL_TOO_LONG.error(most=MAX_URL_LENGTH)


def _matched(text: str) -> re.Match[str]:
    """Scheme, authority, and the rest."""
    matched = _URL.fullmatch(text)
    if matched is None or not (text.isascii() or _NO_TEXT.search(text) is None):
        raise AddressRule.NO_URL.error()
    return matched


def same_origin(one: str, other: str) -> bool:
    """Whether both are URLs of one origin; a text that isn't a URL has no origin."""
    try:
        return origin_of(one) == origin_of(other)
    except UnsafeAddressError:
        return False


def folded(url: str) -> str:
    """An id for comparison: scheme and host normalised, the rest as written."""
    _check_length(url)
    matched = _matched(url)
    origin = _origin_at(url[: matched.end(2)])
    return f"{origin.scheme}://{origin.host}:{origin.port}{matched[3] or ''}"


def check_public(url: URL) -> None:
    """Refuse a URL that isn't https on its default port at a public host (rule 6)."""
    if url.scheme != "https" or url.port != DEFAULT_PORTS["https"]:
        raise AddressRule.NOT_HTTPS.error()
    if not is_public_name(url.raw_host or ""):
        raise AddressRule.NOT_PUBLIC.error()


def host_of(url: str) -> str:
    """The normalised host of a URL, as block lists hold it."""
    return origin_of(url).host


@lru_cache(maxsize=256)  # our own authorities are few; requests for others are refused
def normal_authority(authority: str, scheme: str) -> str:
    """`host[:port]` as RFC 9421 §2.2.3 writes it: normalised, without the scheme's default port."""
    host, port = _split_authority(authority)
    return bracketed(host) if port in {None, DEFAULT_PORTS.get(scheme)} else f"{bracketed(host)}:{port}"


def bracketed(host: str) -> str:
    """A host as it is written before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


@lru_cache(maxsize=8192)
def normal_host(host: str) -> str:
    """The one spelling in which a host is compared, blocked and stored; IPv6 without brackets."""
    if host.startswith("["):
        return _parse_ip6(host)
    name = host.lower().removesuffix(".")
    if not name.isascii():
        name = _to_a_labels(name)
    if len(name) > MAX_HOST_LENGTH or not _PLAIN_NAME.fullmatch(name):
        raise AddressRule.NO_DNS_NAME.error()
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _parse_ip4(name)
    if "xn--" in name:
        _check_a_labels(name)
    return name


def is_public_name(host: str) -> bool:
    """Whether a normalised host can be on the internet at all; an address literal must be public itself."""
    literal = literal_of(host)
    if literal is not None:
        return is_public(literal)
    return "." in host and not host.endswith(_PRIVATE_SUFFIXES)


@lru_cache(maxsize=8192)
def literal_of(host: str) -> IPAddress | None:
    """The address that a normalised host spells out; None for a name."""
    if ":" not in host and not host[-1:].isdigit():
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_public(address: str | IPAddress) -> bool:
    """Whether an address is on the public internet; False for a text that isn't an address."""
    try:
        ip = ip_address(address) if isinstance(address, str) else address
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC_4)
    if ip.scope_id is not None:
        return False
    if inner := embedded_addresses(ip):
        return all(is_public(address) for address in inner)
    return ip in _PUBLIC_6 and not any(ip in network for network in _NOT_PUBLIC_6)


def embedded_addresses(ip: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that are embedded in an address of a translator or tunnel."""
    if ip.ipv4_mapped is not None:
        return (ip.ipv4_mapped,)
    if ip in _NAT64:
        return (IPv4Address(int(ip) & 0xFFFF_FFFF),)
    if ip.sixtofour is not None:
        return (ip.sixtofour,)
    return ip.teredo or ()


def is_within(ip: IPAddress, networks: tuple[IPNetwork, ...]) -> bool:
    """Whether an address, or the IPv4 address mapped in it, lies in one of the networks."""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return any(ip in network for network in networks)


def _split_authority(authority: str) -> tuple[str, int | None]:
    matched = _AUTHORITY.fullmatch(authority)
    if matched is None:
        raise AddressRule.NO_HOST_AND_PORT.error()
    host, port = matched.groups()
    if port is not None and not 0 < int(port) < 65536:
        raise AddressRule.PORT_OUT_OF_RANGE.error()
    return normal_host(host), int(port) if port is not None else None


def _to_a_labels(name: str) -> str:
    if _FOREIGN_DOTS.intersection(name):
        raise AddressRule.FALSE_DOTS.error()
    composed = unicodedata.normalize("NFC", name)
    try:
        mapped = idna.uts46_remap(composed, std3_rules=True, transitional=False)
        encoded = idna.encode(mapped).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise AddressRule.NO_NAME_IN_ANY_SCRIPT.error() from error
    if mapped != composed:
        raise AddressRule.FALSE_CHARACTERS.error()
    return encoded


def _check_a_labels(name: str) -> None:
    """Refuse a label in punycode that decodes to nothing, or that isn't the punycode of what it decodes to."""
    for label in name.split("."):
        if not label.startswith("xn--"):
            continue
        try:
            again = idna.alabel(idna.ulabel(label)).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise AddressRule.BROKEN_LABEL.error() from error
        if again != label:
            raise AddressRule.AMBIGUOUS_LABEL.error()


def _parse_ip4(name: str) -> str:
    try:
        return str(IPv4Address(name))
    except ValueError as error:
        raise AddressRule.NO_IPV4.error() from error


def _parse_ip6(host: str) -> str:
    if "%" in host:
        raise AddressRule.LINK_ADDRESS.error()
    try:
        return str(IPv6Address(host[1:-1]))
    except ValueError as error:
        raise AddressRule.NO_IPV6.error() from error
