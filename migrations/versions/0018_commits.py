"""Commits are counted, and so are the changes of each group's view."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "commits",
        sa.Column("id", _number(), nullable=False),
        sa.Column("number", _number(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commits")),
    )
    op.add_column("groups", sa.Column("revision", _number(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("groups", "revision")
    op.drop_table("commits")
