"""Posts, what they are made of and reposts have their place in the log, and lists are ordered by it."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

REPOSTED = sa.text("reposted IS NOT NULL")
SUPPORTED = sa.text("reposted IS NOT NULL AND supporters > 0")
# What the log lacks stands above it, by the author's clock: 2^52 and milliseconds.
POSTS = """UPDATE posts SET place = COALESCE((
    SELECT COALESCE(log_index, 4503599627370496 + COALESCE(records.at, 0))
    FROM records WHERE records.id = posts.id), 0)"""
SHEETS = """UPDATE sheets SET place = COALESCE((
    SELECT COALESCE(log_index, 4503599627370496 + COALESCE(records.at, 0))
    FROM records WHERE records.id = sheets.record_id), 0)"""
VOTES = """UPDATE votes SET repost_place = (
    SELECT COALESCE(log_index, 4503599627370496 + COALESCE(records.at, 0))
    FROM records WHERE records.id = votes.record_id) WHERE reposted IS NOT NULL"""
SCORES = """UPDATE scores SET repost_place = (SELECT MIN(votes.repost_place) FROM votes
    WHERE votes.group_id = scores.group_id AND votes.target = scores.target AND votes.reposted IS NOT NULL)
    WHERE reposted IS NOT NULL"""
# Indices as (table, columns).
BEFORE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("posts", ("reply_record", "seq")),
    ("posts", ("group_id", "author")),
    ("sheets", ("post_id", "group_id", "seq")),
)
AFTER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("posts", ("group_id", "place", "target")),
    ("posts", ("reply_record", "group_id", "place", "target")),
    ("posts", ("group_id", "author", "place", "target")),
    ("sheets", ("post_id", "group_id", "place", "record_id")),
)


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _index(table: str, *columns: str, where: sa.TextClause | None = None) -> None:
    name = op.f(f"ix_{table}_{'_'.join(columns)}")
    op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    for table, columns in BEFORE:
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table_name=table)
    for table in ("posts", "sheets"):
        op.add_column(table, sa.Column("place", _number(), nullable=False, server_default="0"))
    for table in ("votes", "scores"):
        op.add_column(table, sa.Column("repost_place", _number(), nullable=True))
    for statement in (POSTS, SHEETS, VOTES, SCORES):
        op.execute(statement)
    op.drop_column("sheets", "seq")
    for table, columns in AFTER:
        _index(table, *columns)
    _index("votes", "group_id", "target", "repost_place", where=REPOSTED)
    _index("votes", "record_id", where=REPOSTED)
    _index("scores", "group_id", "repost_place", "target", where=SUPPORTED)


def downgrade() -> None:
    op.drop_index(op.f("ix_scores_group_id_repost_place_target"), table_name="scores")
    op.drop_index(op.f("ix_votes_record_id"), table_name="votes")
    op.drop_index(op.f("ix_votes_group_id_target_repost_place"), table_name="votes")
    for table, columns in AFTER:
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table_name=table)
    op.add_column("sheets", sa.Column("seq", _number(), nullable=False, server_default="0"))
    op.execute("UPDATE sheets SET seq = (SELECT records.seq FROM records WHERE records.id = sheets.record_id)")
    for table in ("scores", "votes"):
        op.drop_column(table, "repost_place")
    for table in ("sheets", "posts"):
        op.drop_column(table, "place")
    for table, columns in BEFORE:
        _index(table, *columns)
