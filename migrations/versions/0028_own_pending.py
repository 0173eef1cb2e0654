"""An index of what was written here and waits for the log: it is sent once more, however much others have waiting."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NAME = "ix_records_group_id_own_pending"
OWN = sa.text("state = 'pending' AND origin = ''")


def upgrade() -> None:
    op.create_index(NAME, "records", ["group_id", "seq"], sqlite_where=OWN, postgresql_where=OWN)


def downgrade() -> None:
    op.drop_index(NAME, "records")
