"""Polls of which followers on other software were told; their votes are found by targets."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_polls",
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("target", sa.LargeBinary(), nullable=False),
        sa.Column("stated", sa.Text(), nullable=False),
        sa.Column("looked", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("poll_id", name=op.f("pk_told_polls")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_told_polls_group_id"), "told_polls", ["group_id"])


def downgrade() -> None:
    op.drop_table("told_polls")
