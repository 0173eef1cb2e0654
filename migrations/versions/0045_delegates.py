"""Of delegations the newest is found by an index; offers and present lists are rows of their own."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_YEAR_MS = 365 * 24 * 60 * 60 * 1000
_READ = sa.text("SELECT record_id, group_id, author, scope, said FROM delegations ORDER BY record_id")
_SET = sa.text("UPDATE delegations SET key = :key, counter = :counter WHERE record_id = :record_id")
_FOLLOW = sa.text(
    "INSERT INTO followed_delegates (group_id, author, scope, rank, delegate, until, named)"
    " VALUES (:group_id, :author, :scope, :rank, :delegate, :until, false)"
)
_OFFER = sa.text(
    "INSERT INTO delegate_offers (group_id, area, author, everywhere) VALUES (:group_id, '', :author, true)"
)


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("delegations") as table:
        table.add_column(sa.Column("key", _number(), nullable=False, server_default="0"))
        table.add_column(sa.Column("counter", _number(), nullable=False, server_default="0"))
    _offers()
    _followed()
    _fill()
    with op.batch_alter_table("delegations") as table:
        table.alter_column("key", server_default=None)
        table.alter_column("counter", server_default=None)
    op.drop_index(op.f("ix_delegations_group_id_place"), "delegations")
    op.drop_index(op.f("ix_delegations_group_id_author"), "delegations")
    columns = ["group_id", "author", "scope", "key", "counter", "place"]
    op.create_index(op.f("ix_delegations_group_id_author_scope_key_counter_place"), "delegations", columns)


def _offers() -> None:
    op.create_table(
        "delegate_offers",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("author", _number(), nullable=False),
        sa.Column("everywhere", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "area", "author", name=op.f("pk_delegate_offers")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_delegate_offers_group_id_author"), "delegate_offers", ["group_id", "author"])


def _followed() -> None:
    op.create_table(
        "followed_delegates",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("author", _number(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("rank", _number(), nullable=False),
        sa.Column("delegate", _number(), nullable=False),
        sa.Column("until", _number(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "author", "scope", "rank", name=op.f("pk_followed_delegates")),
        sqlite_with_rowid=False,
    )
    columns = ["group_id", "delegate", "scope", "author", "rank", "until"]
    name = op.f("ix_followed_delegates_group_id_delegate_scope_author_rank_until")
    op.create_index(name, "followed_delegates", columns)


def _fill() -> None:
    bind = op.get_bind()
    newest: dict[tuple[bytes, int, str], tuple[tuple[int, int, bytes], dict[str, object]]] = {}
    for record, group, author, scope, wire in list(bind.execute(_READ)):
        said = json.loads(bytes(wire))
        bind.execute(_SET, {"record_id": record, "key": said["key"], "counter": said["counter"]})
        rank = (said["key"], said["counter"], bytes(record))
        register = (bytes(group), author, scope)
        if register not in newest or newest[register][0] < rank:
            newest[register] = (rank, said)
    for (group, author, scope), (_, said) in newest.items():
        own = {"group_id": group, "author": author}
        if scope == "":
            if said["declared"]:
                bind.execute(_OFFER, own)
            continue
        lapses = int(str(said["at"])) + _YEAR_MS
        until = min(int(str(said.get("expires", lapses))), lapses)
        for place, delegate in enumerate(dict.fromkeys(said["delegates"])):  # type: ignore[call-overload]
            if delegate != author:
                bind.execute(_FOLLOW, {**own, "scope": scope, "rank": place, "delegate": delegate, "until": until})


def downgrade() -> None:
    op.drop_index(op.f("ix_delegations_group_id_author_scope_key_counter_place"), "delegations")
    op.create_index(op.f("ix_delegations_group_id_author"), "delegations", ["group_id", "author"])
    op.create_index(op.f("ix_delegations_group_id_place"), "delegations", ["group_id", "place"])
    op.drop_table("followed_delegates")
    op.drop_table("delegate_offers")
    with op.batch_alter_table("delegations") as table:
        table.drop_column("counter")
        table.drop_column("key")
