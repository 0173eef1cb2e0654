"""A post that was published elsewhere before says where, and is found again by its address there."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

IMPORTED = sa.text("imported_key IS NOT NULL")


def upgrade() -> None:
    op.add_column("posts", sa.Column("imported", sa.LargeBinary(), nullable=True))
    op.add_column("posts", sa.Column("imported_key", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_posts_group_id_imported_key",
        "posts",
        ["group_id", "imported_key"],
        sqlite_where=IMPORTED,
        postgresql_where=IMPORTED,
    )
    op.execute("UPDATE posts SET seq = 0 WHERE erased")


def downgrade() -> None:
    op.drop_index("ix_posts_group_id_imported_key", "posts")
    op.drop_column("posts", "imported_key")
    op.drop_column("posts", "imported")
