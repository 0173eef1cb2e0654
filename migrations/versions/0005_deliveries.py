"""Lanes: deliveries know their host, hosts how they answered and who sends to them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What waits is kept: its lane is the host of its inbox, due at the time its row said.
HOST = {
    "sqlite": "lower(substr(rest, 1, instr(rest || '/', '/') - 1))",
    "postgresql": "lower(split_part(rest, '/', 1))",
}
REST = {"sqlite": "substr(inbox, instr(inbox, '://') + 3)", "postgresql": "split_part(inbox, '://', 2)"}


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _hosts()
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("host", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("queued_at", _number(), nullable=False, server_default="0"))
    engine = op.get_bind().dialect.name
    host = HOST[engine].replace("rest", REST[engine])
    op.execute(f"UPDATE deliveries SET host = {host}, queued_at = next_at")  # noqa: S608  (constants)
    op.execute("INSERT INTO hosts (host, next_at, attempts) SELECT host, min(next_at), 0 FROM deliveries GROUP BY host")
    op.drop_index(op.f("ix_deliveries_next_at"), "deliveries")
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("host", server_default=None)
        table.alter_column("queued_at", server_default=None)
        for name in ("next_at", "attempts", "last_error"):
            table.drop_column(name)
    op.create_index(op.f("ix_deliveries_host_id"), "deliveries", ["host", "id"])
    op.create_index(op.f("ix_deliveries_activity_id"), "deliveries", ["activity_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_deliveries_host_id"), "deliveries")
    op.drop_index(op.f("ix_deliveries_activity_id"), "deliveries")
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("next_at", _number(), nullable=False, server_default="0"))
        table.add_column(sa.Column("attempts", _number(), nullable=False, server_default="0"))
        table.add_column(sa.Column("last_error", sa.Text(), nullable=True))
        table.drop_column("host")
        table.drop_column("queued_at")
    op.create_index(op.f("ix_deliveries_next_at"), "deliveries", ["next_at"])
    op.drop_table("hosts")


def _hosts() -> None:
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("next_at", _number(), nullable=True),
        sa.Column("attempts", _number(), nullable=False, server_default="0"),
        sa.Column("first_failed_at", _number(), nullable=True),
        sa.Column("last_succeeded_at", _number(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("scheme_until", _number(), nullable=False, server_default="0"),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", _number(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
    )
    op.create_index(op.f("ix_hosts_next_at"), "hosts", ["next_at"])
