"""The archives that people asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def _n(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "archives",
        *(_n("account_id"), _text("name"), sa.Column("private", sa.Boolean(), nullable=False), _text("state")),
        *(_n("asked_at"), _n("due_at"), _n("tries"), _text("file"), _n("number"), _n("files"), _n("done")),
        *(_n("total"), _n("bytes"), _n("made_at", nullable=True)),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_archives_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_archives")),
        sa.UniqueConstraint("name", name=op.f("uq_archives_name")),
    )
    op.create_index(op.f("ix_archives_due_at"), "archives", ["due_at"])


def downgrade() -> None:
    op.drop_table("archives")
