"""Which tokens may decide, when their holders proved who they are, and who decides nothing until they come back."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Whoever made a token before this wasn't told that it could vote, so none of them can.
    op.add_column("tokens", sa.Column("decides", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("tokens", sa.Column("proved_at", _number(), nullable=False, server_default="0"))
    op.add_column("accounts", sa.Column("frozen_at", _number(), nullable=True))


def downgrade() -> None:
    op.drop_column("accounts", "frozen_at")
    op.drop_column("tokens", "proved_at")
    op.drop_column("tokens", "decides")
