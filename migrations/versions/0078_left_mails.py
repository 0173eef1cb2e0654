"""When somebody who moved away is mailed next about what they left here."""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("departures", sa.Column("mail_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.create_index(op.f("ix_departures_mail_at"), "departures", ["mail_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_departures_mail_at"), table_name="departures")
    op.drop_column("departures", "mail_at")
