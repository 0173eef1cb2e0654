"""What of their groups' decisions people follow."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision_subscriptions",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_decision_subscriptions_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "group_id", "kind", "what", name=op.f("pk_decision_subscriptions")),
    )


def downgrade() -> None:
    op.drop_table("decision_subscriptions")
