"""News of a vote says what it was about, so that a changed mind is no second news."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notifications", sa.Column("about", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_notifications_account_id_about"), "notifications", ["account_id", "about"])


def downgrade() -> None:
    op.drop_index(op.f("ix_notifications_account_id_about"), table_name="notifications")
    op.drop_column("notifications", "about")
