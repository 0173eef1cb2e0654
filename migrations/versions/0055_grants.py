"""Grants to pods that copy an account, requests for them, and moves to this pod that travellers began."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _asker() -> list[sa.Column[Any]]:
    return [
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("pod", "pod_key", "actor")),
        sa.Column("actor_key", sa.LargeBinary(), nullable=False),
        sa.Column("classes", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "asked_grants",
        *_asker(),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", _number(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_asked_grants_account_id_accounts")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_asked_grants")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_asked_grants_code_sha256")),
    )
    for column in ("account_id", "expires_at"):
        op.create_index(op.f(f"ix_asked_grants_{column}"), "asked_grants", [column])
    op.create_table(
        "grants",
        *_asker(),
        sa.Column("made_at", _number(), nullable=False),
        *(sa.Column(name, _number(), nullable=True) for name in ("expires_at", "used_at", "paused_at")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_grants_account_id_accounts")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_account_id"), "grants", ["account_id"])
    op.create_table(
        "moves",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("who", "pod")),
        sa.Column("group_id", sa.LargeBinary(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tier", "state", "consent_page")),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("classes", sa.Text(), nullable=False),
        sa.Column("begun_at", _number(), nullable=False),
        sa.Column("granted_at", _number(), nullable=True),
        sa.Column("expires_at", _number(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_moves")),
    )
    op.create_index(op.f("ix_moves_expires_at"), "moves", ["expires_at"])


def downgrade() -> None:
    for table in ("moves", "grants", "asked_grants"):
        op.drop_table(table)
