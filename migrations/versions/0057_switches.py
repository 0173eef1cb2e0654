"""Accounts that agreed to move to another pod, and those that are on their way here."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def _n(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> "sa.Column[bytes]":
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _no(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean(), server_default="0", nullable=False)


def upgrade() -> None:
    op.create_table(
        "departures",
        *(_n("account_id"), _id("personal_group"), _text("pod"), _text("key"), _n("agreed_at")),
        *(_n("frozen_at", nullable=True), _no("handed_out"), _id("item", nullable=True)),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_departures_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_departures")),
        sa.UniqueConstraint("personal_group", name=op.f("uq_departures_personal_group")),
    )
    op.create_table(
        "departing_groups",
        *(_n("account_id"), _id("group_id"), _no("unwaited")),
        sa.Column("refusals", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_departing_groups_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "group_id", name=op.f("pk_departing_groups")),
    )
    op.create_table(
        "newcomers",
        *(_id("personal_group"), _text("pod"), _text("name")),
        sa.Column("seed_sealed", sa.LargeBinary(), nullable=False),
        *(_n("begun_at"), _n("account_id", nullable=True)),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_newcomers_account_id_accounts")),
        sa.PrimaryKeyConstraint("personal_group", name=op.f("pk_newcomers")),
        sa.UniqueConstraint("name", name=op.f("uq_newcomers_name")),
    )
    op.create_table(
        "newcomer_groups",
        *(_id("personal_group"), _id("group_id"), _n("number"), _n("keys"), _n("recovery_index")),
        *(sa.Column("keeps", sa.Boolean(), nullable=False), _no("let_go")),
        sa.ForeignKeyConstraint(
            ["personal_group"],
            ["newcomers.personal_group"],
            name=op.f("fk_newcomer_groups_personal_group_newcomers"),
        ),
        sa.PrimaryKeyConstraint("personal_group", "group_id", name=op.f("pk_newcomer_groups")),
    )


def downgrade() -> None:
    op.drop_table("newcomer_groups")
    op.drop_table("newcomers")
    op.drop_table("departing_groups")
    op.drop_table("departures")
