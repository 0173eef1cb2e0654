"""What an operator's first hour needs: set-up links, settings chosen in the browser, the last mails sent."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "setup_links",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _number(), nullable=False),
        sa.Column("expires_at", _number(), nullable=False),
        sa.Column("used_at", _number(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_setup_links")),
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_at", _number(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )
    op.create_table(
        "mails_sent",
        sa.Column("id", _number(), autoincrement=True, nullable=False),
        sa.Column("at", _number(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails_sent")),
    )


def downgrade() -> None:
    for table in ("mails_sent", "settings", "setup_links"):
        op.drop_table(table)
