from collections.abc import Mapping

from alembic import command
from sqlalchemy import TextClause, inspect, text

from migrations import configured, is_current, upgrade
from migrations.drift import differences
from models.content.word_pieces import folded, name_key
from models.engine.columns import bytes_of_id
from models.engine.databases import Database, open_database


async def test_the_migrated_schema_is_the_one_in_code(bare_database_url: str) -> None:
    database = await open_database(bare_database_url, durable=False)
    await upgrade(database)
    async with database.writing.connect() as connection:
        assert await connection.run_sync(differences) == []
    assert await is_current(database)
    await database.close()


async def test_upgrading_again_changes_nothing(database: Database) -> None:
    await upgrade(database)

    assert await is_current(database)


async def test_an_empty_database_is_not_current(bare_database_url: str) -> None:
    empty = await open_database(bare_database_url, durable=False)

    assert not await is_current(empty)
    await empty.close()


async def test_downgrading_leaves_no_table_of_ours(database: Database) -> None:
    async with database.writing.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(configured(sync), "base"))
        left = await connection.run_sync(lambda sync: inspect(sync).get_table_names())

    assert set(left) <= {"alembic_version", "sqlite_sequence"}


async def test_public_20_the_step_to_0024_makes_the_words_that_the_code_makes(bare_database_url: str) -> None:
    """A version imports nothing of ours: what it makes of stored texts is held equal to the code's here."""
    database = await open_database(bare_database_url, durable=False)
    await upgrade(database, "0023")
    texts = ["Om nötter", "日本語のテキスト 대한민국", "ภาษาไทยค้นหา हिन्दी", "plain"]
    row = {"post_id": None, "group_id": b"g", "author": 1, "kind": "post", "language": ""}
    rows = [{**row, "seq": n, "record_id": b"%d" % n, "text": said, "words": "old"} for n, said in enumerate(texts)]
    post = {"group_id": b"g", "author": 1, "kind": "note", "title": "", "language": "", "attachments": b"[]"}
    posts = [
        {**post, "at": 0, "seq": n, "id": b"%d" % n, "target": b"", "erased": False, "subject": said}
        for n, said in enumerate([*texts, None])
    ]
    async with database.writing.begin() as connection:
        await connection.execute(_insert("searched", rows[0]), rows)
        await connection.execute(_insert("posts", posts[0]), posts)

    await upgrade(database)

    async with database.reading.connect() as connection:
        words = await connection.execute(text("SELECT words FROM searched ORDER BY seq"))
        assert [word for (word,) in words] == [folded(one) for one in texts]
        keys = await connection.execute(text("SELECT subject_key FROM posts ORDER BY seq"))
        assert [key for (key,) in keys] == [*(name_key(one) for one in texts), None]
    await database.close()


async def test_the_step_to_0041_tells_from_which_post_a_poll_came(bare_database_url: str) -> None:
    database = await open_database(bare_database_url, durable=False)
    await upgrade(database, "0040")
    post = "bagaaiera" + "kq5" * 17 + "a"
    row = {"group_id": b"g", "author": 1, "place": 1}
    said = {b"1": b'{"about":"%s"}' % post.encode(), b"2": b"{}"}
    rows = [{**row, "id": poll, "poll": text} for poll, text in said.items()]
    async with database.writing.begin() as connection:
        await connection.execute(_insert("polls", rows[0]), rows)

    await upgrade(database)

    async with database.reading.connect() as connection:
        found = await connection.execute(text("SELECT about FROM polls ORDER BY id"))
        assert [about for (about,) in found] == [bytes_of_id(post), None]
    await database.close()


def _insert(table: str, row: Mapping[str, object]) -> TextClause:
    return text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)})")
