"""Pods that ask for a switch; how each group of a newcomer stands; the secret of a code."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

_EMPTY = sa.text("''")
_NO = sa.text("0")
_NEITHER = sa.false()


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _bytes(name: str, *, nullable: bool = False) -> "sa.Column[bytes]":
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _n(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, _number(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "asked_switches",
        *(_bytes("sha256"), _n("account_id"), _text("pod"), _text("pod_key"), _text("actor"), _bytes("actor_key")),
        *(_text("name"), _n("copied_at"), _n("lines"), _text("challenge"), _text("state"), _n("expires_at")),
        *(
            sa.Column("unwaited", sa.Text(), nullable=False, server_default=_EMPTY),
            sa.Column("soft", sa.Boolean(), nullable=False, server_default=_NEITHER),
            _bytes("code_sha256", nullable=True),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_asked_switches_account_id_accounts")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_asked_switches")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_asked_switches_code_sha256")),
    )
    for name in ("account_id", "expires_at"):
        op.create_index(op.f(f"ix_asked_switches_{name}"), "asked_switches", [name])
    op.create_index(op.f("ix_invitations_account_id"), "invitations", ["account_id"])
    with op.batch_alter_table("moves") as moves:
        moves.add_column(_bytes("verifier", nullable=True))
        moves.add_column(sa.Column("invite_id", _number(), nullable=True))
    with op.batch_alter_table("newcomer_groups") as groups:
        for name in ("standing", "why"):
            groups.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=_EMPTY))
        groups.add_column(sa.Column("asked_at", _number(), nullable=False, server_default=_NO))
        groups.add_column(sa.Column("plain", sa.Boolean(), nullable=False, server_default=_NEITHER))


def downgrade() -> None:
    with op.batch_alter_table("newcomer_groups") as groups:
        for name in ("plain", "asked_at", "why", "standing"):
            groups.drop_column(name)
    with op.batch_alter_table("moves") as moves:
        moves.drop_column("invite_id")
        moves.drop_column("verifier")
    op.drop_index(op.f("ix_invitations_account_id"), "invitations")
    op.drop_table("asked_switches")
