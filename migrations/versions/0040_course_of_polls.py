"""What members say in the phases of polls, what items say of polls, and when a poll is looked at again."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _said()
    _events()
    _results()
    _openings()
    _hidden()


def _hidden() -> None:
    op.create_table(
        "hidden_values",
        sa.Column("sealed_id", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("round", _number(), nullable=False),
        sa.Column("number", _number(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("opened_by", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_hidden_values_account_id_accounts")),
        sa.PrimaryKeyConstraint("sealed_id", name=op.f("pk_hidden_values")),
    )
    op.create_index(op.f("ix_hidden_values_account_id_poll_id"), "hidden_values", ["account_id", "poll_id"])
    waiting = sa.text("opened_by IS NULL")
    op.create_index(
        "ix_hidden_values_waiting", "hidden_values", ["group_id"], sqlite_where=waiting, postgresql_where=waiting
    )


def _said() -> None:
    op.create_table(
        "said_in_polls",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("author", _number(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("place", _number(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_said_in_polls")),
    )
    places = ["poll_id", "group_id", "type", "place"]
    op.create_index(op.f("ix_said_in_polls_poll_id_group_id_type_place"), "said_in_polls", places)
    op.create_index(
        op.f("ix_said_in_polls_group_id_author_poll_id"), "said_in_polls", ["group_id", "author", "poll_id"]
    )


def _events() -> None:
    op.create_table(
        "poll_events",
        sa.Column("item_id", sa.LargeBinary(), nullable=False),
        sa.Column("position", _number(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "position", name=op.f("pk_poll_events")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_poll_events_poll_id_group_id"), "poll_events", ["poll_id", "group_id"])


def _results() -> None:
    """Results are counted again: they belong to rounds now."""
    op.drop_table("poll_results")
    op.create_table(
        "poll_results",
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("item_id", sa.LargeBinary(), nullable=False),
        sa.Column("voided", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("poll_id", "item_id", "voided", name=op.f("pk_poll_results")),
    )


def _openings() -> None:
    """Who was kept had the weight to vote; what else it would have allowed wasn't kept, as no phase asked for it."""
    rows = _taken()
    _create_openings(sa.Column("terms", sa.LargeBinary(), nullable=False), "look_at")
    op.create_index(op.f("ix_poll_openings_group_id_look_at"), "poll_openings", ["group_id", "look_at"])
    for row in rows:
        third = len(row["members"]) // 3
        members = row["members"] + row["members"][third : 2 * third]
        terms = {"least": dict.fromkeys(_CAPABILITIES, 1), "keepers": [], "parents": json.loads(row["parents"])}
        _put({**row, "members": members, "terms": json.dumps(terms).encode(), "look_at": 0}, without=_OLD)


def downgrade() -> None:
    rows = _taken()
    _create_openings(sa.Column("parents", sa.LargeBinary(), nullable=False), "scheduled")
    unscheduled = sa.text("scheduled < 3")
    op.create_index(
        "ix_poll_openings_unscheduled",
        "poll_openings",
        ["group_id"],
        sqlite_where=unscheduled,
        postgresql_where=unscheduled,
    )
    for row in rows:
        members = row["members"][: 3 * len(row["members"]) // 4]
        parents = json.dumps(json.loads(row["terms"])["parents"]).encode()
        _put({**row, "members": members, "parents": parents, "scheduled": 0}, without=_NEW)
    for table in ("hidden_values", "poll_results", "poll_events", "said_in_polls"):
        op.drop_table(table)
    op.create_table(
        "poll_results",
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("item_id", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("poll_id", "item_id", name=op.f("pk_poll_results")),
    )


_CAPABILITIES = ("vote", "propose", "predict", "bet", "evaluate", "delegate", "be_delegate")
_OLD = ("parents", "scheduled")
_NEW = ("terms", "look_at")


def _taken() -> list[dict[str, Any]]:
    """All openings, whose table is then dropped."""
    rows = [dict(row) for row in op.get_bind().execute(sa.text("SELECT * FROM poll_openings")).mappings()]
    op.drop_table("poll_openings")
    return [
        {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()} for row in rows
    ]


def _create_openings(said: sa.Column[bytes], marked: str) -> None:
    op.create_table(
        "poll_openings",
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("item_id", sa.LargeBinary(), nullable=False),
        sa.Column("position", _number(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("author", _number(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        said,
        sa.Column(marked, _number(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("poll_id", "item_id", "position", name=op.f("pk_poll_openings")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_poll_openings_item_id"), "poll_openings", ["item_id"])


def _put(row: dict[str, Any], *, without: tuple[str, ...]) -> None:
    values = {name: value for name, value in row.items() if name not in without}
    op.execute(sa.insert(sa.table("poll_openings", *map(sa.column, values))).values(**values))
