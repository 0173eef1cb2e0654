"""When each group is to be looked after, and when each pod is to be asked which groups differ there."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rounds",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", _number(), nullable=True),
        sa.Column("looks", _number(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_rounds")),
    )
    op.create_index(op.f("ix_rounds_due_at"), "rounds", ["due_at"])
    op.create_table(
        "peers",
        sa.Column("pod", sa.Text(), nullable=False),
        sa.Column("due_at", _number(), nullable=False),
        sa.Column("failures", _number(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("pod", name=op.f("pk_peers")),
    )
    op.create_index(op.f("ix_peers_due_at"), "peers", ["due_at"])
    # Each group is looked after once; that tells what still waits in it, and with whom it is shared.
    op.execute("INSERT INTO rounds (group_id, due_at) SELECT id, 0 FROM groups")


def downgrade() -> None:
    op.drop_table("peers")
    op.drop_table("rounds")
