"""Copies that are kept up to date, and what they were before a class shrank."""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None


def _n(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "standing_copies",
        *(_n("copy_id"), _n("equal_at"), _n("refused_at", nullable=True)),
        sa.Column("recovery", sa.Text(), server_default="", nullable=False),
        sa.Column("shrank", sa.Text(), server_default="", nullable=False),
        *(_n("former_id", nullable=True), _n("former_until", nullable=True)),
        sa.ForeignKeyConstraint(["copy_id"], ["copies.id"], name=op.f("fk_standing_copies_copy_id_copies")),
        sa.ForeignKeyConstraint(["former_id"], ["copies.id"], name=op.f("fk_standing_copies_former_id_copies")),
        sa.PrimaryKeyConstraint("copy_id", name=op.f("pk_standing_copies")),
    )
    op.create_index(op.f("ix_standing_copies_recovery"), "standing_copies", ["recovery"])


def downgrade() -> None:
    op.drop_table("standing_copies")
