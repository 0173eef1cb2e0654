"""How proposals of handovers fared, which each process remembered by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("anchor_id", sa.LargeBinary(), nullable=False),
        sa.Column("failed", _number(), nullable=False),
        sa.Column("counting_from", _number(), nullable=False),
        sa.Column("highest_term", _number(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_proposals")),
    )


def downgrade() -> None:
    op.drop_table("proposals")
