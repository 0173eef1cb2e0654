"""How an account came here and can go back; an account that moved away is closed; blocked hosts."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def _n(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)


def _no(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean(), server_default="0", nullable=False)


def upgrade() -> None:
    with op.batch_alter_table("newcomers") as table:
        table.add_column(sa.Column("key", sa.Text(), nullable=True))
        table.add_column(_n("arrived_at"))
        table.add_column(_no("returns"))
    op.create_index(op.f("ix_newcomers_account_id"), "newcomers", ["account_id"])
    op.create_index(op.f("ix_newcomers_returns"), "newcomers", ["returns"])
    with op.batch_alter_table("departures") as table:
        for column in (_n("moved_at"), _n("closed_at"), _n("keyless_at"), _n("asked_at")):
            table.add_column(column)
        table.add_column(sa.Column("receipt", sa.LargeBinary(), nullable=True))
    for name in ("closed_at", "receipt"):
        op.create_index(op.f(f"ix_departures_{name}"), "departures", [name])
    with op.batch_alter_table("departing_groups") as table:
        table.add_column(_no("let_go"))
    op.create_table(
        "blocked_hosts",
        sa.Column("host", sa.Text(), nullable=False),
        _no("allows_moves"),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_blocked_hosts")),
    )


def downgrade() -> None:
    op.drop_table("blocked_hosts")
    with op.batch_alter_table("departing_groups") as table:
        table.drop_column("let_go")
    for name in ("closed_at", "receipt"):
        op.drop_index(op.f(f"ix_departures_{name}"), "departures")
    with op.batch_alter_table("departures") as table:
        for name in ("moved_at", "closed_at", "keyless_at", "asked_at", "receipt"):
            table.drop_column(name)
    op.drop_index(op.f("ix_newcomers_returns"), "newcomers")
    op.drop_index(op.f("ix_newcomers_account_id"), "newcomers")
    with op.batch_alter_table("newcomers") as table:
        for name in ("key", "arrived_at", "returns"):
            table.drop_column(name)
