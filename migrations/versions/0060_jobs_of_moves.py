"""A move is a job: its stage, its turn, what it waits for, the name wished here, and the copy that it takes in."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

_NAMED = sa.text("name <> ''")
_EMPTY = sa.text("''")
_NO = sa.text("0")
_NEITHER = sa.false()


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> "list[sa.Column[str]]":
    return [sa.Column(name, sa.Text(), nullable=False, server_default=_EMPTY) for name in names]


def _numbers(*names: str) -> "list[sa.Column[int]]":
    return [sa.Column(name, _number(), nullable=False, server_default=_NO) for name in names]


def upgrade() -> None:
    with op.batch_alter_table("moves") as moves:
        moves.alter_column("expires_at", existing_type=_number(), nullable=True)
        for column in _texts("stage", "stopped_in", "why", "name", "address", "language", "current"):
            moves.add_column(column)
        for name in ("standing", "private"):
            moves.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=_NEITHER))
        for number in (*_numbers("turn", "tries"), *(sa.Column(name, _number()) for name in ("stage_at", "due_at"))):
            moves.add_column(number)
        for name in ("said", "plan"):
            moves.add_column(sa.Column(name, sa.LargeBinary(), nullable=True))
        moves.add_column(sa.Column("copy_id", _number(), nullable=True))
        moves.create_foreign_key(op.f("fk_moves_copy_id_copies"), "copies", ["copy_id"], ["id"])
        moves.create_unique_constraint(op.f("uq_moves_copy_id"), ["copy_id"])
    op.create_index(op.f("ix_moves_due_at"), "moves", ["due_at"])
    op.create_index("ix_moves_name", "moves", ["name"], sqlite_where=_NAMED, postgresql_where=_NAMED)


def downgrade() -> None:
    op.drop_index("ix_moves_name", "moves")
    op.drop_index(op.f("ix_moves_due_at"), "moves")
    op.execute("DELETE FROM moves WHERE expires_at IS NULL")
    with op.batch_alter_table("moves") as moves:
        moves.drop_constraint(op.f("uq_moves_copy_id"), type_="unique")
        moves.drop_constraint(op.f("fk_moves_copy_id_copies"), type_="foreignkey")
        for name in ("copy_id", "plan", "said", "due_at", "stage_at", "tries", "turn", "private", "standing"):
            moves.drop_column(name)
        for name in ("current", "language", "address", "name", "why", "stopped_in", "stage"):
            moves.drop_column(name)
        moves.alter_column("expires_at", existing_type=_number(), nullable=False)
