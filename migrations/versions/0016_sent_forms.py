"""Forms that were sent once, with their answers."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sent_forms",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("expires_at", _number(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sent_forms_account_id_accounts")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_sent_forms")),
    )
    op.create_index(op.f("ix_sent_forms_expires_at"), "sent_forms", ["expires_at"])


def downgrade() -> None:
    op.drop_table("sent_forms")
