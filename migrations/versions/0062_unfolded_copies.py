"""What an account that came here brought: lines to hand on, and how far its copy was written."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def _n(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _bytes(name: str, *, nullable: bool = False) -> "sa.Column[bytes]":
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _of_account(table: str) -> "sa.ForeignKeyConstraint":
    return sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id_accounts"))


def upgrade() -> None:
    op.create_table(
        "unfolded_copies",
        *(_n("account_id"), _n("copy_id"), _n("begun_at"), _text("pod"), _text("name"), _text("after")),
        _bytes("follows_to", nullable=True),
        _of_account("unfolded_copies"),
        sa.PrimaryKeyConstraint("account_id", "copy_id", name=op.f("pk_unfolded_copies")),
    )
    op.create_table(
        "unfolded_lines",
        *(_n("account_id"), _text("name"), _text("standing"), _bytes("key"), _bytes("text"), _text("reason")),
        _of_account("unfolded_lines"),
        sa.PrimaryKeyConstraint("account_id", "name", "standing", "key", name=op.f("pk_unfolded_lines")),
    )


def downgrade() -> None:
    for table in ("unfolded_lines", "unfolded_copies"):
        op.drop_table(table)
