"""Sessions of browsers, and the language in which an account reads."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("created_at", _number(), nullable=False),
        sa.Column("seen_at", _number(), nullable=False),
        sa.Column("expires_at", _number(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id_accounts")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_account_id_created_at"), "sessions", ["account_id", "created_at"])
    # Not as a batch, here and below: that makes the table anew, and others refer to it.
    op.add_column("accounts", sa.Column("language", sa.Text(), nullable=False, server_default=""))
    op.add_column("accounts", sa.Column("admin", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_table("sessions")
    op.drop_column("accounts", "admin")
    op.drop_column("accounts", "language")
