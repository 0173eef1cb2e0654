"""Polls in writing are kept for their authors, templates of polls for their groups."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "poll_drafts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", _number(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_poll_drafts_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_drafts")),
    )
    op.create_index(op.f("ix_poll_drafts_account_id_saved_at"), "poll_drafts", ["account_id", "saved_at"])
    op.create_table(
        "poll_templates",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("says", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "name", name=op.f("pk_poll_templates")),
    )


def downgrade() -> None:
    op.drop_table("poll_templates")
    op.drop_table("poll_drafts")
