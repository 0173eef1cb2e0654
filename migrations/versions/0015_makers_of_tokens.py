"""Which token asked for a token: with it, it ends."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("made_by", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_tokens_made_by"), "tokens", ["made_by"])


def downgrade() -> None:
    op.drop_index(op.f("ix_tokens_made_by"), table_name="tokens")
    op.drop_column("tokens", "made_by")
