"""How often a step of a move took too long, and how far a class was read that is read whole."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("moves", sa.Column("cuts", number, server_default="0", nullable=False))
    op.add_column("copy_classes", sa.Column("read_to", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("copy_classes", "read_to")
    op.drop_column("moves", "cuts")
