"""Groups are found by what they voted on, for lenses; writers whom a reader mutes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_index(op.f("ix_scores_target"), "scores", ["target"])
    op.create_table(
        "blocks",
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("member", _number(), nullable=False),
        sa.Column("created_at", _number(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_blocks_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "group_id", "member", name=op.f("pk_blocks")),
    )


def downgrade() -> None:
    op.drop_table("blocks")
    op.drop_index(op.f("ix_scores_target"), "scores")
