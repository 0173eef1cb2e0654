"""Room for moves and files is counted by address, and closed accounts with nothing left to lose are walked no more."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

_CLOSING = sa.text("closed_at IS NOT NULL AND keyless_at IS NULL")


def upgrade() -> None:
    for table in ("moves", "uploads"):
        op.add_column(table, sa.Column("payer", sa.LargeBinary(), nullable=True))
    op.drop_index("ix_departures_closed_at", "departures")
    op.create_index(
        "ix_departures_closing", "departures", ["closed_at"], sqlite_where=_CLOSING, postgresql_where=_CLOSING
    )


def downgrade() -> None:
    op.drop_index("ix_departures_closing", "departures")
    op.create_index("ix_departures_closed_at", "departures", ["closed_at"])
    for table in ("moves", "uploads"):
        op.drop_column(table, "payer")
