"""What was erased in a stretch of a log, and what a group votes down, are found without a scan."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None
ERASED = sa.text("erased")
OUTVOTED = sa.text("sum_micro < 0")


def upgrade() -> None:
    op.create_index(
        "ix_records_group_id_erased",
        "records",
        ["group_id", "log_index"],
        sqlite_where=ERASED,
        postgresql_where=ERASED,
    )
    op.create_index(
        "ix_scores_group_id_outvoted",
        "scores",
        ["group_id", "target"],
        sqlite_where=OUTVOTED,
        postgresql_where=OUTVOTED,
    )


def downgrade() -> None:
    op.drop_index("ix_scores_group_id_outvoted", "scores")
    op.drop_index("ix_records_group_id_erased", "records")
