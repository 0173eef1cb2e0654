"""What became of an operation is remembered; an item is found by the size of its log, what waits by whom it waits for.

What waited for an author is forgotten: it isn't accepted, and comes again by a pull.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


PENDING = sa.text("state = 'pending'")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("pending_operations", sa.Column("void", sa.Text(), nullable=True))
    op.create_index(op.f("ix_items_group_id_on_chain_log_size"), "items", ["group_id", "on_chain", "log_size"])
    op.drop_table("waiting")
    op.create_table(
        "waiting",
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("record_id", "group_id", "wire")),
        *(sa.Column(name, _number(), nullable=False) for name in ("author", "key", "size", "arrived_at")),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_waiting")),
    )
    op.create_index(op.f("ix_waiting_group_id_author_key"), "waiting", ["group_id", "author", "key"])
    op.create_index(op.f("ix_waiting_origin_size"), "waiting", ["origin", "size"])
    op.create_index(op.f("ix_waiting_arrived_at"), "waiting", ["arrived_at"])
    op.create_index(
        op.f("ix_records_group_id_author_pending"),
        "records",
        ["group_id", "author"],
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_records_group_id_author_pending"), table_name="records")
    op.drop_table("waiting")
    op.create_table(
        "waiting",
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("record_id", "group_id", "wire")),
        *(sa.Column(name, _number(), nullable=False) for name in ("author", "arrived_at")),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_waiting")),
    )
    op.create_index(op.f("ix_waiting_group_id_arrived_at"), "waiting", ["group_id", "arrived_at"])
    op.drop_index(op.f("ix_items_group_id_on_chain_log_size"), table_name="items")
    op.drop_column("pending_operations", "void")
