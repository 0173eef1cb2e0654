"""What readers of a group were told of its handovers, and which of them a copy named."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def _integer() -> "sa.types.TypeEngine[int]":
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("readers", sa.Column("told_term", _integer(), server_default="0", nullable=False))
    op.add_column("readers", sa.Column("until", _integer(), nullable=True))
    op.create_index(op.f("ix_readers_until"), "readers", ["until"])


def downgrade() -> None:
    op.drop_index(op.f("ix_readers_until"), table_name="readers")
    op.drop_column("readers", "until")
    op.drop_column("readers", "told_term")
