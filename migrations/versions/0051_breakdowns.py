"""With a poll's result it is kept how scores and places spread, and through whom votes came."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("poll_results", sa.Column("breakdown", sa.LargeBinary(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("poll_results", "breakdown")
