"""Rival branches: a seat knows that its last item lost, a left branch's log stays known; items tell what is void."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("keepers") as table:
        table.add_column(sa.Column("lost", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("items") as table:
        table.add_column(sa.Column("void", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "side_logs",
        sa.Column("item_id", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("first", _number(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_side_logs")),
    )
    op.create_index(op.f("ix_side_logs_group_id"), "side_logs", ["group_id"])


def downgrade() -> None:
    op.drop_table("side_logs")
    with op.batch_alter_table("items") as table:
        table.drop_column("void")
    with op.batch_alter_table("keepers") as table:
        table.drop_column("lost")
