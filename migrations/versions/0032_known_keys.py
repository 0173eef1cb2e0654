"""Others' keys as one process of the pod was told them, for all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "known_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", _number(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_known_keys")),
    )
    op.create_index(op.f("ix_known_keys_asked_at"), "known_keys", ["asked_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_known_keys_asked_at"), table_name="known_keys")
    op.drop_table("known_keys")
