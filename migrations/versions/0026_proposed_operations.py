"""Operations that lack signatures are kept until members gave them; a group is found by its public name."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "proposed_operations",
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("id", "group_id", "wire")),
        *(sa.Column(name, _number(), nullable=False) for name in ("author", "key", "counter", "at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposed_operations")),
    )
    op.create_index(op.f("ix_proposed_operations_group_id_author"), "proposed_operations", ["group_id", "author"])
    op.add_column("groups", sa.Column("published", sa.Text(), nullable=True))
    op.create_index(op.f("ix_groups_published"), "groups", ["published"])


def downgrade() -> None:
    op.drop_index(op.f("ix_groups_published"), table_name="groups")
    op.drop_column("groups", "published")
    op.drop_index(op.f("ix_proposed_operations_group_id_author"), table_name="proposed_operations")
    op.drop_table("proposed_operations")
