"""How far the chain of a copy goes, by which of two copies of one person is chosen; and of when a sent file is."""

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for table in ("file_copies", "standing_copies"):
        op.add_column(table, sa.Column("rank", sa.Text(), server_default="", nullable=False))
    op.add_column("uploads", sa.Column("at", number, server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("uploads", "at")
    for table in ("standing_copies", "file_copies"):
        op.drop_column(table, "rank")
