"""Who asked to be known in a group, until the join is settled; members are found by the identity that they claim."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "wanted_claims",
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_wanted_claims_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "group_id", name=op.f("pk_wanted_claims")),
    )
    op.create_index(op.f("ix_wanted_claims_group_id"), "wanted_claims", ["group_id"])
    op.create_index(op.f("ix_members_identity"), "members", ["identity"])


def downgrade() -> None:
    op.drop_index(op.f("ix_members_identity"), table_name="members")
    op.drop_index(op.f("ix_wanted_claims_group_id"), table_name="wanted_claims")
    op.drop_table("wanted_claims")
