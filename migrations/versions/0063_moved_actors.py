"""Where an account went and under which name, which servers were told, and which actors newcomers had before."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def _n(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    op.add_column("departures", _text("name", nullable=True))
    op.add_column("departures", sa.Column("soft", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("departures", _n("telling_at", nullable=True))
    op.add_column("departures", _n("told_at", nullable=True))
    op.create_index("ix_departures_telling_at", "departures", ["telling_at"])
    op.add_column("newcomers", _text("actor", nullable=True))
    op.create_table(
        "move_deliveries",
        *(_n("delivery_id"), _n("account_id"), _text("host")),
        *(_text("outcome", nullable=True), _text("why", nullable=True), _n("at", nullable=True)),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_move_deliveries_account_id_accounts")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_move_deliveries")),
    )
    op.create_index("ix_move_deliveries_account_id", "move_deliveries", ["account_id"])
    op.create_table(
        "former_actors",
        *(_n("account_id"), _text("actor"), _n("since_at")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_former_actors_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "actor", name=op.f("pk_former_actors")),
    )


def downgrade() -> None:
    op.drop_table("former_actors")
    op.drop_index("ix_move_deliveries_account_id", "move_deliveries")
    op.drop_table("move_deliveries")
    op.drop_column("newcomers", "actor")
    op.drop_index("ix_departures_telling_at", "departures")
    for name in ("told_at", "telling_at", "soft", "name"):
        op.drop_column("departures", name)
