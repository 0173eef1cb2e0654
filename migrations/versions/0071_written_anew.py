"""How far what no log had was written anew at the new pod, and what the old pod calls a group."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def _integer() -> "sa.types.TypeEngine[int]":
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("newcomer_groups", sa.Column("anew", _integer(), server_default="0", nullable=False))
    op.add_column("newcomer_groups", sa.Column("name", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("newcomer_groups", "name")
    op.drop_column("newcomer_groups", "anew")
