"""What became of an operation is remembered; an item is found by the size of its log."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pending_operations", sa.Column("void", sa.Text(), nullable=True))
    op.create_index(op.f("ix_items_group_id_on_chain_log_size"), "items", ["group_id", "on_chain", "log_size"])


def downgrade() -> None:
    op.drop_index(op.f("ix_items_group_id_on_chain_log_size"), table_name="items")
    op.drop_column("pending_operations", "void")
