"""Opened bets are kept, and which statements are evaluated when; all polls are looked at again for them."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "opened_bets",
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("item_id", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("round", _number(), nullable=False),
        sa.Column("log_size", _number(), nullable=False),
        sa.Column("areas", sa.LargeBinary(), nullable=False),
        sa.Column("bets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("poll_id", "item_id", name=op.f("pk_opened_bets")),
    )
    op.create_index(op.f("ix_opened_bets_group_id"), "opened_bets", ["group_id"])
    op.create_table(
        "due_statements",
        sa.Column("statement_id", sa.LargeBinary(), nullable=False),
        sa.Column("item_id", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("begins", _number(), nullable=False),
        sa.Column("ends", _number(), nullable=False),
        sa.PrimaryKeyConstraint("statement_id", "item_id", name=op.f("pk_due_statements")),
    )
    op.create_index(op.f("ix_due_statements_group_id_begins"), "due_statements", ["group_id", "begins"])
    op.execute("UPDATE poll_openings SET look_at = 0")


def downgrade() -> None:
    op.drop_table("due_statements")
    op.drop_table("opened_bets")
