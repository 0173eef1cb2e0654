"""Until when what no log had may be written anew in a group that somebody who moved here didn't wait for."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("newcomer_groups", sa.Column("anew_until", number, server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("newcomer_groups", "anew_until")
