"""Which addresses this pod never contacts. Engineers read these sentences."""

from __future__ import annotations

from federation.errors import HostBlockedError, UnsafeAddressError
from protocol.errors import Rule


class AddressRule(Rule):
    """Which addresses this pod never contacts."""

    HOST_BLOCKED = (
        HostBlockedError,
        "Those who run this pod have blocked %(host)s.",
        "De som sköter den här servern har blockerat %(host)s.",
    )
    URL_TOO_LONG = (UnsafeAddressError, "The URL is longer than %(most)s characters.")
    NO_URL = (UnsafeAddressError, "The URL isn't an absolute http or https URL.")
    AMBIGUOUS_HOST = (UnsafeAddressError, "The URL's host is ambiguous.")
    NOT_HTTPS = (UnsafeAddressError, "Only https on port 443 is contacted.")
    NOT_PUBLIC = (UnsafeAddressError, "The host isn't on the public internet.")
    NO_DNS_NAME = (UnsafeAddressError, "The host isn't a DNS name.")
    NO_HOST_AND_PORT = (UnsafeAddressError, "The host isn't written as host or host:port.")
    PORT_OUT_OF_RANGE = (UnsafeAddressError, "The port is out of range.")
    FALSE_DOTS = (UnsafeAddressError, "The host has dots that only look like dots.")
    FALSE_CHARACTERS = (UnsafeAddressError, "The host is written in characters that stand for others.")
    LINK_ADDRESS = (UnsafeAddressError, "An address of one link has no place in a URL.")
    UNREADABLE_URL = (UnsafeAddressError, "The URL can't be read.")
    NO_NAME_IN_ANY_SCRIPT = (UnsafeAddressError, "The host isn't a name in any script.")
    AMBIGUOUS_LABEL = (UnsafeAddressError, "The host has an ambiguous internationalised label.")
    NO_IPV4 = (UnsafeAddressError, "An IPv4 address has four decimal numbers.")
    NO_IPV6 = (UnsafeAddressError, "The host isn't an IPv6 address.")
    BROKEN_LABEL = (UnsafeAddressError, "The host has a broken internationalised label.")
    REDIRECT_CHANGES_SCHEME = (UnsafeAddressError, "A redirect must not change between http and https.")
