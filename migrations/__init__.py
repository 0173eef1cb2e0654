"""The schema's history: `upgrade` brings a database to what the code expects, whatever version it has.

A version says for itself what it changes and imports nothing of ours, so that it means the same for ever.
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection

from models.engine.databases import Database

_FOLDER: Final = files("migrations")


class SchemaStep(msgspec.Struct, frozen=True):
    """One version, and the sentence that says what it changes."""

    revision: str
    says: str


class SchemaStanding(msgspec.Struct, frozen=True):
    """Where a database is: its version (None: it has no tables yet), and what is to be done, in order.

    `known` is False when a newer program made the tables: then there is nothing that this one could do.
    """

    version: str | None
    newest: str
    steps: tuple[SchemaStep, ...]
    known: bool = True

    @property
    def is_current(self) -> bool:
        """Whether the tables are those that this code expects."""
        return self.version == self.newest


async def upgrade(
    database: Database, revision: str = "head", *, done: Callable[[SchemaStep], None] = lambda _step: None
) -> None:
    """Bring the schema to `revision`, all of it or nothing; `done` hears of each step once it is through."""

    def migrate(connection: Connection) -> None:
        settings = configured(connection)
        settings.attributes["on_version_apply"] = lambda *, step, **_: done(_step_of(step.up_revision))
        command.upgrade(settings, revision)

    async with database.writing.begin() as connection:
        await connection.run_sync(migrate)


async def is_current(database: Database) -> bool:
    """Whether the schema is the one this code expects."""
    return (await standing(database)).is_current


async def standing(database: Database) -> SchemaStanding:
    """Where this database is."""
    async with database.reading.connect() as connection:
        version = await connection.run_sync(_revision)
    return _standing(version)


def from_nothing() -> SchemaStanding:
    """Where a database is that hasn't been made yet."""
    return _standing(None)


def _standing(version: str | None) -> SchemaStanding:
    scripts = _scripts()
    newest = scripts.get_current_head()
    assert newest is not None
    known = {script.revision for script in scripts.walk_revisions()}
    if version is not None and version not in known:
        return SchemaStanding(version, newest, (), known=False)
    steps = [_step_of(script) for script in scripts.iterate_revisions(newest, version or "base")]
    return SchemaStanding(version, newest, tuple(reversed(steps)))


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(configured(None))


def _step_of(script: Script) -> SchemaStep:
    return SchemaStep(script.revision, script.doc)


def configured(connection: Connection | None) -> Config:
    """Alembic's settings, without a file; `env.py` uses the connection it is given."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
