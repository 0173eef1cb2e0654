"""What other pods told of groups, not here, that repost a post of somebody at home here."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "told_reposts",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("post_id", sa.LargeBinary(), nullable=False),
        sa.Column("own_group", sa.LargeBinary(), nullable=False),
        sa.Column("pod", sa.Text(), nullable=False),
        sa.Column("vote", sa.LargeBinary(), nullable=False),
        sa.Column("author", _number(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", _number(), nullable=False),
        sa.Column("looks", _number(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "post_id", name=op.f("pk_told_reposts")),
    )
    op.create_index(op.f("ix_told_reposts_own_group"), "told_reposts", ["own_group"])


def downgrade() -> None:
    op.drop_index(op.f("ix_told_reposts_own_group"), table_name="told_reposts")
    op.drop_table("told_reposts")
