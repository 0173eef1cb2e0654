"""Copies of accounts of other pods; and what a member wrote is found in the order of the log."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

LOGGED = "ix_records_group_id_author_logged"
PLACED = sa.text("log_index IS NOT NULL")


def _n(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _bytes(name: str) -> "sa.Column[bytes]":
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _of_copy(table: str) -> "sa.ForeignKeyConstraint":
    return sa.ForeignKeyConstraint(["copy_id"], ["copies.id"], name=op.f(f"fk_{table}_copy_id_copies"))


def upgrade() -> None:
    op.create_table(
        "copies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        *(_bytes("group_id"), _text("pod"), _n("quota"), _n("begun_at"), _bytes("marks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copies")),
    )
    op.create_index(op.f("ix_copies_group_id"), "copies", ["group_id"])
    op.create_table(
        "copy_classes",
        *(_n("copy_id"), _text("name"), _n("count"), _n("bytes"), _n("announced_count"), _n("announced_bytes")),
        _of_copy("copy_classes"),
        sa.PrimaryKeyConstraint("copy_id", "name", name=op.f("pk_copy_classes")),
    )
    op.create_table(
        "copy_lines",
        *(_n("copy_id"), _text("name"), _bytes("key"), _bytes("text")),
        _of_copy("copy_lines"),
        sa.PrimaryKeyConstraint("copy_id", "name", "key", name=op.f("pk_copy_lines")),
    )
    op.create_table(
        "copy_manifests",
        *(_n("copy_id"), _n("at"), _bytes("wire")),
        _of_copy("copy_manifests"),
        sa.PrimaryKeyConstraint("copy_id", "at", name=op.f("pk_copy_manifests")),
    )
    op.create_index(
        LOGGED, "records", ["group_id", "author", "log_index"], sqlite_where=PLACED, postgresql_where=PLACED
    )


def downgrade() -> None:
    op.drop_index(LOGGED, "records")
    for table in ("copy_manifests", "copy_lines", "copy_classes", "copies"):
        op.drop_table(table)
