"""What leaves and what was seen: deliveries, cursors, actors' keys."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    "activities",
    "actor_keys",
    "cursors",
    "deliveries",
)


def upgrade() -> None:
    _activities()
    _actor_keys()
    _cursors()
    _deliveries()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _number(name: str, **options: Any) -> sa.Column[Any]:
    # SQLite counts rows only in a column of type INTEGER, which has 64 bits there.
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), **{"nullable": False, **options})


def _raw(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), **{"nullable": False, **options})


def _words(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), **{"nullable": False, **options})


def _activities() -> None:
    op.create_table(
        "activities",
        _number("id", autoincrement=True),
        _words("actor"),
        _raw("group_id", nullable=True),
        _raw("body"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
    )


def _actor_keys() -> None:
    op.create_table(
        "actor_keys", _words("path"), _raw("sealed"), sa.PrimaryKeyConstraint("path", name=op.f("pk_actor_keys"))
    )


def _cursors() -> None:
    op.create_table(
        "cursors",
        _raw("group_id"),
        _words("pod"),
        _words("list"),
        _number("position"),
        sa.PrimaryKeyConstraint("group_id", "pod", "list", name=op.f("pk_cursors")),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _number("id", autoincrement=True),
        _number("activity_id"),
        _words("inbox"),
        _number("attempts"),
        _number("next_at"),
        _words("last_error", nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activities.id"], name=op.f("fk_deliveries_activity_id_activities")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_next_at"), "deliveries", ["next_at"])
