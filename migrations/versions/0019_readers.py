"""Pods that read a group without a member in it, and where this pod said that it reads."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "readers",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("pod", sa.Text(), nullable=False),
        sa.Column("at", _number(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "pod", name=op.f("pk_readers")),
    )
    op.create_table(
        "readings",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("pod", sa.Text(), nullable=False),
        sa.Column("follow", sa.Text(), nullable=False),
        sa.Column("at", _number(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "pod", name=op.f("pk_readings")),
    )


def downgrade() -> None:
    op.drop_table("readings")
    op.drop_table("readers")
