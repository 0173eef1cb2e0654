"""What no type tells of a configuration: which values can't be, alone or beside others, each with its sentence."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from yarl import URL

from federation.addresses import parse_url
from federation.errors import UnsafeAddressError
from pod.config.sections import Config, group_and_pod
from protocol.errors import RefusedError

FORMATS = ("json", "console")
LEVELS = ("debug", "info", "warning", "error")
SECURITIES = ("starttls", "tls", "none")
SHORTEST_TOKEN = 16

# Section and key that a sentence is about.
Fault = tuple[tuple[str, str], str]


class ConfigError(Exception):
    """The configuration can't be used; the message lists every reason, one a line."""


def wrong_values(config: Config) -> Iterator[Fault]:
    """Every impossible value, with its key."""
    url = URL(config.base_url)
    if not _is_origin(config.base_url):
        yield ("server", "base_url"), "must be https://host (or http:// for a local pod), without a path."
    if not 0 < config.server.port < 65_536:
        yield ("server", "port"), "must be from 1 to 65535."
    yield from _wrong_networks(config, url.host or "")
    yield from _wrong_floor(config)
    yield from _wrong_mail(config)
    if 0 < len(config.metrics.token) < SHORTEST_TOKEN:
        yield ("metrics", "token"), f"must have at least {SHORTEST_TOKEN} characters, or be empty."
    if config.copies.most < 0:
        yield ("copies", "most"), "must be 0 or more."
    if config.copies.quota_mib < 1:
        yield ("copies", "quota_mib"), "must be 1 or more."
    if config.log.format not in FORMATS:
        yield ("log", "format"), "must be json or console."
    if config.log.level not in LEVELS:
        yield ("log", "level"), "must be debug, info, warning or error."


def _is_origin(base_url: str) -> bool:
    try:
        return parse_url(base_url).relative() == URL("/")
    except UnsafeAddressError:
        return False


def _wrong_networks(config: Config, host: str) -> Iterator[Fault]:
    for network in config.federation.allow_networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            yield ("federation", "allow_networks"), f"holds {network!r}, which is no network."
    if is_local(host):
        return
    for option, value in (
        (("federation", "allow_networks"), config.federation.allow_networks),
        (("testing", "clock_file"), config.testing.clock_file),
    ):
        if value:
            yield option, "and its like are for local pods; this base_url is public."


def _wrong_floor(config: Config) -> Iterator[Fault]:
    for group in config.moderation.floor:
        try:
            group_and_pod(group)
        except RefusedError:
            yield ("moderation", "floor"), f"holds {group!r}, which is no group's address and no group's id."


def _wrong_mail(config: Config) -> Iterator[Fault]:
    mail = config.mail
    if mail.security not in SECURITIES:
        yield ("mail", "security"), "must be starttls, tls or none."
    if not 0 < mail.port < 65_536:
        yield ("mail", "port"), "must be from 1 to 65535."
    if mail.sender and "@" not in mail.sender:
        yield ("mail", "sender"), "must be a mail address."
    if mail.password and mail.password_file:
        yield ("mail", "password"), "and `mail.password_file` are both there; one of them is enough."
    if mail.user and mail.security == "none" and not is_local(mail.host):
        yield ("mail", "security"), "none would show the password to everybody on the way; use starttls or tls."


def is_local(host: str) -> bool:
    """Whether a base URL's host is this machine: localhost or a loopback address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
