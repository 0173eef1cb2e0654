"""The schema's history: `upgrade` brings a database to what the code expects, whatever version it has.

A version says for itself what it changes and imports nothing of ours, so that it means the same for ever.
"""

from importlib.resources import files
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from models.engines import Database

_FOLDER: Final = files("migrations")


async def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema to `revision`, all of it or nothing."""
    async with database.writing.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(configured(sync), revision))


async def is_current(database: Database) -> bool:
    """Whether the schema is the one this code expects."""
    newest = ScriptDirectory.from_config(configured(None)).get_current_head()
    async with database.reading.connect() as connection:
        return await connection.run_sync(_revision) == newest


def configured(connection: Connection | None) -> Config:
    """Alembic's settings, without a file; `env.py` uses the connection it is given."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
