"""Copies of accounts that came as files, files that were sent, and when a recovery kit was made last."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def _number(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "file_copies",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        _number("copy_id"),
        sa.Column("recovery", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _number("at"),
        _number("due_at", nullable=True),
        _number("expires_at"),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["copy_id"], ["copies.id"], name=op.f("fk_file_copies_copy_id_copies")),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_file_copies")),
    )
    op.create_index(op.f("ix_file_copies_recovery"), "file_copies", ["recovery"])
    op.create_index("ix_file_copies_due_at", "file_copies", ["due_at"])
    op.create_table(
        "uploads",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        _number("size"),
        sa.Column("part", sa.Text(), nullable=False),
        _number("done"),
        _number("total"),
        _number("tries"),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.LargeBinary(), nullable=True),
        _number("due_at"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_due_at", "uploads", ["due_at"])
    op.add_column("words_checks", _number("kit_at", nullable=True))


def downgrade() -> None:
    op.drop_column("words_checks", "kit_at")
    op.drop_table("uploads")
    op.drop_table("file_copies")
