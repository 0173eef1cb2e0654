"""What polls call people to, and when they are mailed; evaluations that are due are found by their poll."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def _n(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _id(name: str) -> "sa.Column[bytes]":
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _kind() -> "sa.Column[str]":
    return sa.Column("kind", sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "poll_calls",
        *(_id("group_id"), _id("about"), _kind(), _n("round"), _n("number"), _n("until")),
        *(_n("mail_at", nullable=True), _n("look_at", nullable=True), _n("after")),
        sa.PrimaryKeyConstraint("group_id", "about", "kind", "round", "number", name=op.f("pk_poll_calls")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_poll_calls_look_at"), "poll_calls", ["look_at"])
    op.create_index(op.f("ix_poll_calls_until"), "poll_calls", ["until"])
    op.create_table(
        "own_calls",
        *(_n("account_id"), _id("group_id"), _id("about"), _kind(), _n("round"), _n("number"), _n("until")),
        _n("mail_at", nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_own_calls_account_id_accounts")),
        sa.PrimaryKeyConstraint(
            "account_id", "group_id", "about", "kind", "round", "number", name=op.f("pk_own_calls")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_own_calls_until"), "own_calls", ["until"])
    op.create_table(
        "call_mails",
        *(_n("account_id"), sa.Column("stopped", sa.Boolean(), nullable=False), _n("due_at", nullable=True)),
        _n("mailed_at"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_call_mails_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_call_mails")),
    )
    op.create_index(op.f("ix_call_mails_due_at"), "call_mails", ["due_at"])
    op.create_index(op.f("ix_due_statements_poll_id"), "due_statements", ["poll_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_due_statements_poll_id"), "due_statements")
    op.drop_table("call_mails")
    op.drop_table("own_calls")
    op.drop_table("poll_calls")
