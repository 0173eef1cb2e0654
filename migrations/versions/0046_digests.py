"""Who gets a daily mail about decisions, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def _n(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "digests",
        *(_n("account_id"), _n("hour"), _n("since_at"), _n("due_at", nullable=True)),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_digests_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_digests")),
    )
    op.create_index(op.f("ix_digests_due_at"), "digests", ["due_at"])


def downgrade() -> None:
    op.drop_table("digests")
