"""The sealed box of each account: the public half of its key, and what was sealed last."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "boxes",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("actor_key", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("mark", sa.Text(), server_default="", nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_boxes_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_boxes")),
    )


def downgrade() -> None:
    op.drop_table("boxes")
