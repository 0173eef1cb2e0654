"""A hidden value is looked at from a time on; who opened a poll is found without reading who was a member."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_index("ix_hidden_values_waiting", "hidden_values")
    op.add_column("hidden_values", sa.Column("opens_at", _number(), nullable=False, server_default="0"))
    op.create_index(
        "ix_hidden_values_waiting",
        "hidden_values",
        ["group_id", "opens_at"],
        sqlite_where=sa.text("opened_by IS NULL"),
        postgresql_where=sa.text("opened_by IS NULL"),
    )
    op.create_index(
        op.f("ix_poll_openings_poll_id_group_id_author"), "poll_openings", ["poll_id", "group_id", "author"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_poll_openings_poll_id_group_id_author"), "poll_openings")
    op.drop_index("ix_hidden_values_waiting", "hidden_values")
    op.drop_column("hidden_values", "opens_at")
    op.create_index(
        "ix_hidden_values_waiting",
        "hidden_values",
        ["group_id"],
        sqlite_where=sa.text("opened_by IS NULL"),
        postgresql_where=sa.text("opened_by IS NULL"),
    )
