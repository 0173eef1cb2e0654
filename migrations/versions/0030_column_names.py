"""Columns are called by what they hold: by what tries are counted, which words are asked for, their hash."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

RENAMED = (
    ("buckets", "place", "counted_by"),
    ("words_checks", "places", "numbers"),
    ("words_checks", "words", "hashed"),
)


def upgrade() -> None:
    for table, old, new in RENAMED:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


def downgrade() -> None:
    for table, old, new in RENAMED:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
