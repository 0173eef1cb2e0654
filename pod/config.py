"""`pod.toml` as frozen values: an unknown key is an error that names the nearest known one, all errors at once.

Every key has a default except `[server] base_url`; `pod.toml.example` explains each, and a test keeps it in step.
"""

from __future__ import annotations

import difflib
import ipaddress
import tomllib
from pathlib import Path
from typing import Any

import msgspec
from yarl import URL

from protocol.errors import MalformedError
from protocol.ids import parse_id

FORMATS = ("json", "console")
LEVELS = ("debug", "info", "warning", "error")


class ConfigError(Exception):
    """The configuration can't be used; the message lists every reason, one a line."""


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the pod is reached and what it listens on."""

    base_url: str
    listen: str = "127.0.0.1"
    port: int = 8080


class Storage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where things lie. `database` empty: SQLite in `data`. `key_file` empty: `data`/keys/pod.key."""

    data: str = "data"
    database: str = ""
    key_file: str = ""


class FederationPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the pod may talk to beyond public https hosts: only for pods that are themselves not public."""

    allow_networks: list[str] = []


class Moderation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The groups (ids) whose hides bind on the whole pod: what it won't host."""

    floor: list[str] = []


class MailServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The server that takes the pod's mails; `host` empty: there is none, and mails are shown on the console."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = ""
    password_file: str = ""
    sender: str = ""

    @property
    def secret(self) -> str:
        """The password, from its file if one is named."""
        if not self.password_file:
            return self.password
        return Path(self.password_file).read_text(encoding="utf-8").strip()


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may read /metrics: this machine, and whoever has the token, if there is one."""

    token: str = ""


class Testing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file whose integer, in ms, is added to the clock; empty: none."""

    clock_file: str = ""


class Logging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the pod tells what it does: `json` or `console`."""

    format: str = "console"
    level: str = "info"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration."""

    server: Server
    storage: Storage = Storage()
    federation: FederationPolicy = FederationPolicy()
    moderation: Moderation = Moderation()
    mail: MailServer = MailServer()
    metrics: Metrics = Metrics()
    testing: Testing = Testing()
    log: Logging = Logging()

    @property
    def base_url(self) -> str:
        """The pod's URL without trailing slash; it names the pod in every group."""
        return self.server.base_url.rstrip("/")

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.storage.data)

    @property
    def database_url(self) -> str:
        """The database, by default SQLite in the data folder."""
        return self.storage.database or f"sqlite+aiosqlite:///{(self.data / 'pod.sqlite').absolute()}"

    @property
    def key_file(self) -> Path:
        """The key that seals seeds; it lies outside the database, so that a copy of that opens nothing."""
        return Path(self.storage.key_file) if self.storage.key_file else self.data / "keys" / "pod.key"

    @property
    def clock_file(self) -> Path | None:
        """The testing offset file, if any."""
        return Path(self.testing.clock_file) if self.testing.clock_file else None


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "server": Server,
    "storage": Storage,
    "federation": FederationPolicy,
    "moderation": Moderation,
    "mail": MailServer,
    "metrics": Metrics,
    "testing": Testing,
    "log": Logging,
}


def load_config(path: Path) -> Config:
    """Read and check a configuration file; raises ConfigError with all reasons."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}. `pod init` writes one.") from error
    return parse_config(text, name=path.name)


def parse_config(text: str, *, name: str = "pod.toml") -> Config:
    """Parse and check the text of a configuration; raises ConfigError with all reasons."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: {error}") from error
    errors = _unknown_keys(document, text, name)
    if errors:
        raise ConfigError("\n".join(errors))
    try:
        config = msgspec.convert(document, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {error}") from error
    errors = [f"{name}: {error}" for error in _wrong_values(config)]
    if errors:
        raise ConfigError("\n".join(errors))
    return config


def _unknown_keys(document: dict[str, Any], text: str, name: str) -> list[str]:
    errors = []
    for section, members in document.items():
        if section not in SECTIONS:
            errors.append(_unknown(section, list(SECTIONS), text, name))
        elif isinstance(members, dict):
            known = list(SECTIONS[section].__struct_fields__)
            errors.extend(_unknown(key, known, text, name) for key in members if key not in known)
    return errors


def _unknown(key: str, known: list[str], text: str, name: str) -> str:
    line = next((number for number, content in enumerate(text.splitlines(), 1) if key in content), 0)
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0)
    return f"{name}, line {line}: `{key}` is not known; did you mean `{nearest[0]}`?"


def _wrong_values(config: Config) -> list[str]:
    errors = []
    url = URL(config.base_url)
    if url.scheme not in ("http", "https") or not url.host or url.path not in ("", "/"):
        errors.append("`server.base_url` must be https://host (or http:// for a local pod), without a path.")
    for network in config.federation.allow_networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            errors.append(f"`federation.allow_networks` holds {network!r}, which is no network.")
    if (config.federation.allow_networks or config.testing.clock_file) and not is_local(url.host or ""):
        errors.append(
            "`federation.allow_networks` and `testing.clock_file` are for local pods; this base_url is public."
        )
    if config.log.format not in FORMATS:
        errors.append("`log.format` must be json or console.")
    if config.log.level not in LEVELS:
        errors.append("`log.level` must be debug, info, warning or error.")
    return errors + _wrong_floor(config)


def _wrong_floor(config: Config) -> list[str]:
    errors = []
    for group in config.moderation.floor:
        try:
            parse_id(group)
        except MalformedError:
            errors.append(f"`moderation.floor` holds {group!r}, which is no group's id.")
    return errors


def is_local(host: str) -> bool:
    """Whether a base URL's host is this machine: localhost or a loopback address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
