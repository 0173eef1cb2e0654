"""What somebody said in a poll is found by its author, and which groups have members at a pod without reading all."""

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

OLD = "ix_said_in_polls_poll_id_group_id_type_place"
NEW = "ix_said_in_polls_poll_id_group_id_type_author_place"


def upgrade() -> None:
    op.drop_index(OLD, "said_in_polls")
    op.create_index(NEW, "said_in_polls", ["poll_id", "group_id", "type", "author", "place"])
    op.drop_index("ix_members_home_pod", "members")
    op.create_index("ix_members_home_pod_group_id", "members", ["home_pod", "group_id"])


def downgrade() -> None:
    op.drop_index("ix_members_home_pod_group_id", "members")
    op.create_index("ix_members_home_pod", "members", ["home_pod"])
    op.drop_index(NEW, "said_in_polls")
    op.create_index(OLD, "said_in_polls", ["poll_id", "group_id", "type", "place"])
