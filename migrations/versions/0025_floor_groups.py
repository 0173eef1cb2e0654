"""Groups that admins choose in the browser for the pod's floor."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "floor_groups",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("pod", sa.Text(), nullable=False),
        sa.Column("chosen_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_floor_groups")),
    )


def downgrade() -> None:
    op.drop_table("floor_groups")
