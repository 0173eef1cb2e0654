"""The configuration as frozen values, a struct a section.

Every key has a default except `[server] base_url`; `pod.toml.example` explains each, and a test keeps it in step.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from federation.addresses import parse_url
from federation.errors import UnsafeAddressError
from protocol.ids import RecordId, parse_id


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The pod's public address, and where it listens."""

    base_url: str
    listen: str = "127.0.0.1"
    port: int = 8080


class Storage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Paths. Empty `data`: the folder of pod.toml. Others empty: SQLite and keys/pod.key in `data`."""

    data: str = ""
    database: str = ""
    key_file: str = ""


class FederationPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which non-public hosts the pod may talk to; only for pods that aren't public themselves."""

    allow_networks: list[str] = []


class Moderation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The groups whose hides hold for the whole pod (its floor): addresses of their pages, or their ids."""

    floor: list[str] = []

    @property
    def configured_groups(self) -> tuple[tuple[RecordId, str], ...]:
        """(group, origin of a pod that holds it; empty if only the id is given); raises RefusedError."""
        return tuple(dict(map(group_and_pod, self.floor)).items())


def group_and_pod(typed: str) -> tuple[RecordId, str]:
    """The group and pod of one floor entry, https://pod.example/g/ID or only the ID; raises RefusedError."""
    address, _, group = typed.strip().partition("?")[0].rstrip("/").rpartition("/")
    return parse_id(group), str(parse_url(address).origin()) if address else ""


class MailServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The server that takes the pod's mails. `host` empty: no server; mails are shown on the console."""

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


class CopyRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many copies of other pods' accounts this pod holds at most, and how large one may be."""

    most: int = 50
    quota_mib: int = 1024


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may read /metrics: programs on this machine, and holders of the token, if there is one."""

    token: str = ""


class Testing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clock's offset file, which holds an integer in ms; empty: none."""

    clock_file: str = ""


class Logging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of the log: `json` or `console`."""

    format: str = "console"
    level: str = "info"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration."""

    server: Server
    storage: Storage = Storage()
    federation: FederationPolicy = FederationPolicy()
    moderation: Moderation = Moderation()
    mail: MailServer = MailServer()
    copies: CopyRoom = CopyRoom()
    metrics: Metrics = Metrics()
    testing: Testing = Testing()
    log: Logging = Logging()

    @property
    def base_url(self) -> str:
        """The pod's URL without trailing slash, in the one spelling that browsers and pods compare; it names the pod.

        A value that can't be read as a URL stays as it was typed, and `wrong_values` reports it.
        """
        typed = self.server.base_url.strip()
        try:
            return str(parse_url(typed)).rstrip("/")
        except UnsafeAddressError:
            return typed.rstrip("/")

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.storage.data or "data")

    @property
    def database_url(self) -> str:
        """The database, by default SQLite in the data folder."""
        return self.storage.database or f"sqlite+aiosqlite:///{(self.data / 'pod.sqlite').absolute()}"

    @property
    def key_file(self) -> Path:
        """The key that encrypts seeds; it isn't in the database, so that a copy of the database opens nothing."""
        return Path(self.storage.key_file) if self.storage.key_file else self.data / "keys" / "pod.key"

    @property
    def clock_file(self) -> Path | None:
        """The testing offset file, if any."""
        return Path(self.testing.clock_file) if self.testing.clock_file else None


# Never shown; empty: no token.
SECRETS = frozenset({("mail", "password"), ("metrics", "token")})
SECTIONS: dict[str, type[msgspec.Struct]] = {
    "server": Server,
    "storage": Storage,
    "federation": FederationPolicy,
    "moderation": Moderation,
    "mail": MailServer,
    "copies": CopyRoom,
    "metrics": Metrics,
    "testing": Testing,
    "log": Logging,
}
