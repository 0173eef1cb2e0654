"""Files of other software that people brought."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def _n(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _yes_or_no(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "imports",
        *(_n("account_id"), _text("name"), _text("file"), _text("kind"), _text("state"), _n("bytes"), _n("total")),
        *(_text("told"), _n("due_at"), _n("asked_at"), _yes_or_no("replace"), _yes_or_no("unlisted"), _n("tries")),
        *(_n("done"), _n("taken"), _n("passed")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_imports_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_imports")),
        sa.UniqueConstraint("name", name=op.f("uq_imports_name")),
    )
    op.create_index(op.f("ix_imports_due_at"), "imports", ["due_at"])
    op.create_table(
        "imported_rows",
        *(_n("account_id"), _n("row"), sa.Column("group_id", sa.LargeBinary(), nullable=True)),
        *(_text("cells"), _text("en"), _text("sv")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_imported_rows_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "row", name=op.f("pk_imported_rows")),
    )


def downgrade() -> None:
    op.drop_table("imported_rows")
    op.drop_table("imports")
