"""Settled members tell when they were written, and a group's heaviest members are found without a scan."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None
TABLES = ("settled_members", "used_invitations")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("height", _number(), nullable=False, server_default="0"))
        op.create_index(op.f(f"ix_{table}_group_id_height"), table, ["group_id", "height"])
    op.create_index(op.f("ix_members_group_id_weight"), "members", ["group_id", "weight"])


def downgrade() -> None:
    op.drop_index(op.f("ix_members_group_id_weight"), "members")
    for table in TABLES:
        op.drop_index(op.f(f"ix_{table}_group_id_height"), table)
        op.drop_column(table, "height")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
