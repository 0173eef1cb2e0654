"""What was decided in people's names and isn't mailed to them yet."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _n(name: str, *, nullable: bool = False, default: str | None = None) -> "sa.Column[int]":
    return sa.Column(name, _number(), nullable=nullable, server_default=default)


def upgrade() -> None:
    op.create_table(
        "decision_notices",
        *(_n("account_id"), _n("untold"), _n("since_at"), _n("due_at", nullable=True), _n("mailed_at")),
        _n("turn", default="0"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_decision_notices_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_decision_notices")),
    )
    op.create_index(op.f("ix_decision_notices_due_at"), "decision_notices", ["due_at"])


def downgrade() -> None:
    op.drop_table("decision_notices")
