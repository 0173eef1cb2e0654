from alembic import command
from sqlalchemy import inspect

from migrations import configured, is_current, upgrade
from migrations.drift import differences
from models.engine.databases import Database, open_database


async def test_the_migrated_schema_is_the_one_in_code(database: Database) -> None:
    async with database.writing.connect() as connection:
        assert await connection.run_sync(differences) == []
    assert await is_current(database)


async def test_upgrading_again_changes_nothing(database: Database) -> None:
    await upgrade(database)

    assert await is_current(database)


async def test_an_empty_database_is_not_current(database_url: str) -> None:
    empty = await open_database(database_url, durable=False)

    assert not await is_current(empty)
    await empty.close()


async def test_downgrading_leaves_no_table_of_ours(database: Database) -> None:
    async with database.writing.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(configured(sync), "base"))
        left = await connection.run_sync(lambda sync: inspect(sync).get_table_names())

    assert set(left) <= {"alembic_version", "sqlite_sequence"}
