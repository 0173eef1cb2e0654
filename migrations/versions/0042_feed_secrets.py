"""Secrets of people's own feeds."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "feed_secrets",
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", _number(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_feed_secrets_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_feed_secrets")),
        sa.UniqueConstraint("sha256", name=op.f("uq_feed_secrets_sha256")),
    )


def downgrade() -> None:
    op.drop_table("feed_secrets")
