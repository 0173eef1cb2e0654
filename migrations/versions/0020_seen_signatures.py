"""Accepted signatures, and how often something was tried of late, for all processes and beyond a restart."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "seen_signatures",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("until", _number(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_seen_signatures")),
    )
    op.create_index(op.f("ix_seen_signatures_until"), "seen_signatures", ["until"])
    op.create_table(
        "buckets",
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("left_milli", _number(), nullable=False),
        sa.Column("since_at", _number(), nullable=False),
        sa.Column("full_at", _number(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_buckets")),
    )
    op.create_index(op.f("ix_buckets_full_at"), "buckets", ["full_at"])


def downgrade() -> None:
    op.drop_table("buckets")
    op.drop_table("seen_signatures")
