"""What the person of a move was mailed last."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("moves", sa.Column("told", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("moves", "told")
