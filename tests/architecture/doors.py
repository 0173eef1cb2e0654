"""Who may import what, beyond the floors: one door to SQL, one to the network, one to old signatures.

A list rather than import-linter contracts, because a rule may name a folder that is not there yet.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture.tree import FLOORS, imports_of, is_within

OURS = (*FLOORS, "tests", "dev")
EDGES = ("pod/api/", "pod/activitypub/", "pod/web/", "pod/feeds/", "pod/mail/")


@dataclass(frozen=True)
class Door:
    """Files under `by` alone import `what`; the names in `but` are for files under `also` too."""

    what: tuple[str, ...]
    by: tuple[str, ...]
    why: str
    but: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


DOORS = (
    Door(
        what=("sqlalchemy", "aiosqlite", "asyncpg", "sqlite3", "alembic"),
        by=("models/", "migrations/"),
        why="Only models/ knows SQL; above it a session is passed on, and above pod/actions/ not even that.",
        but=("sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.ext.asyncio.AsyncConnection"),
        also=("federation/", "pod/actions/", "pod/jobs/", "pod/store.py"),
    ),
    Door(
        what=("httpsig", "Crypto"),
        by=("federation/signatures/",),
        why="httpsig's verifier can be forged: only its string functions are used, and only there.",
    ),
    Door(
        what=(
            "aiohttp.client",
            "aiohttp.connector",
            "aiohttp.ClientSession",
            "aiohttp.TCPConnector",
            "aiohttp.UnixConnector",
            "aiohttp.request",
            "http.client",
            "urllib.request",
        ),
        by=("federation/safe_http/",),
        why="federation/safe_http/ is the only door out.",
    ),
    Door(
        what=("pyld",),
        by=("tests/support/jsonld.py", "tests/federation/test_jsonld.py"),
        why="The pod reads documents as plain JSON (ADR 0039); PyLD's own loader fetches what an attacker names.",
    ),
    Door(
        what=("aiosmtplib", "smtplib"),
        by=("pod/mail/",),
        why="Mails are written and sent in pod/mail/, where nobody's words become headers.",
    ),
    Door(
        what=("protocol.proofs.sign", "protocol.proofs.add_proof", "protocol.derivation.pairwise_key"),
        by=("pod/actions/signer.py", "protocol/", "tests/"),
        why="One function signs, whoever asks: pod/actions/signer.py says what is signed for whom.",
    ),
    Door(what=("tests", "dev"), by=(), why="The pod has no code for tests and needs none."),
)


def closed_doors(path: str, tree: ast.Module) -> Iterator[str]:
    """Imports of `path` that belong to somebody else, each with the reason."""
    for line, name in imports_of(tree):
        for door in DOORS:
            if is_behind(name, door) and not may_pass(path, name, door):
                yield f"{line}: imports {name}. {door.why}"


def is_behind(name: str, door: Door) -> bool:
    return any(is_within(name, package) for package in door.what)


def may_pass(path: str, name: str, door: Door) -> bool:
    if path.startswith(door.by):
        return True
    return name in door.but and path.startswith(door.also)


def crossed_edges(path: str, tree: ast.Module) -> Iterator[str]:
    """API, ActivityPub, pages, feeds and mail don't import each other: they share actions."""
    here = next((edge for edge in EDGES if path.startswith(edge)), None)
    if here is None:
        return
    for line, name in imports_of(tree):
        for edge in EDGES:
            if edge != here and is_within(name, edge.rstrip("/").replace("/", ".")):
                yield f"{line}: imports {name}. What two edges share is an action."


def thawed_versions(path: str, tree: ast.Module) -> Iterator[str]:
    """A migration is frozen: it must do tomorrow what it does today, so it imports nothing of ours."""
    if not path.startswith("migrations/versions/"):
        return
    for line, name in imports_of(tree):
        if any(is_within(name, package) for package in OURS):
            yield f"{line}: imports {name}. A migration imports nothing of ours."
