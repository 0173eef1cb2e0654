"""`python -m migrations "what changes"`: write the next version from the tables in code."""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from migrations import configured, upgrade
from models.engine.databases import open_database


def _write(connection: Connection, message: str) -> None:
    count = len(list((Path(__file__).parent / "versions").glob("*.py"))) + 1
    command.revision(configured(connection), message, autogenerate=True, rev_id=f"{count:04}")


async def _next_version(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = await open_database(f"sqlite+aiosqlite:///{folder}/empty.db")
        try:
            await upgrade(database)
            async with database.writing.begin() as connection:
                await connection.run_sync(_write, message)
        finally:
            await database.close()


asyncio.run(_next_version(sys.argv[1]))
