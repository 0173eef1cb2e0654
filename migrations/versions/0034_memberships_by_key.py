"""Memberships are found by their signing key, however many people of the pod are in the group."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_memberships_group_id_signing"), "memberships", ["group_id", "signing"])


def downgrade() -> None:
    op.drop_index(op.f("ix_memberships_group_id_signing"), "memberships")
