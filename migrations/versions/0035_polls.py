"""Polls and ballots are read by their groups and places; openings of polls by the items that hold them."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _polls()
    _ballots()
    _delegations()
    _openings()
    _deadlines()
    _results()


def _polls() -> None:
    op.create_table(
        "polls",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("author", _number(), nullable=False),
        sa.Column("place", _number(), nullable=False),
        sa.Column("poll", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    op.create_index(op.f("ix_polls_group_id_place"), "polls", ["group_id", "place"])


def _ballots() -> None:
    op.create_table(
        "ballots",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("author", _number(), nullable=False),
        sa.Column("place", _number(), nullable=False),
        sa.Column("ballot", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_ballots")),
    )
    op.create_index(op.f("ix_ballots_poll_id_group_id_place"), "ballots", ["poll_id", "group_id", "place"])
    op.create_index(op.f("ix_ballots_group_id_author_poll_id"), "ballots", ["group_id", "author", "poll_id"])


def _delegations() -> None:
    op.create_table(
        "delegations",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("author", _number(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("place", _number(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_delegations")),
    )
    op.create_index(op.f("ix_delegations_group_id_place"), "delegations", ["group_id", "place"])
    op.create_index(op.f("ix_delegations_group_id_author"), "delegations", ["group_id", "author"])


def _openings() -> None:
    op.create_table(
        "poll_openings",
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("item_id", sa.LargeBinary(), nullable=False),
        sa.Column("position", _number(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("author", _number(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.Column("parents", sa.LargeBinary(), nullable=False),
        sa.Column("scheduled", _number(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("poll_id", "item_id", "position", name=op.f("pk_poll_openings")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_poll_openings_item_id"), "poll_openings", ["item_id"])
    unscheduled = sa.text("scheduled < 3")
    op.create_index(
        "ix_poll_openings_unscheduled",
        "poll_openings",
        ["group_id"],
        sqlite_where=unscheduled,
        postgresql_where=unscheduled,
    )


def _results() -> None:
    op.create_table(
        "poll_results",
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.Column("item_id", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("poll_id", "item_id", name=op.f("pk_poll_results")),
    )


def _deadlines() -> None:
    op.create_table(
        "deadlines",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("at", _number(), nullable=False),
        sa.Column("poll_id", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "at", "poll_id", name=op.f("pk_deadlines")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_deadlines_poll_id"), "deadlines", ["poll_id"])
    op.create_index(op.f("ix_items_group_id_on_chain_at"), "items", ["group_id", "on_chain", "at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_items_group_id_on_chain_at"), "items")
    for table in ("poll_results", "deadlines", "poll_openings", "delegations", "ballots", "polls"):
        op.drop_table(table)
