"""The first schema: accounts, chains, records, keeping."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "accounts",
    "groups",
    "items",
    "log_tiles",
    "acks",
    "faults",
    "keepers",
    "invitations",
    "withheld",
    "disputes",
    "records",
    "pending_operations",
    "waiting",
    "receipts",
    "recovery_keys",
    "tokens",
    "memberships",
)


def upgrade() -> None:
    _accounts()
    _groups()
    _items()
    _log_tiles()
    _acks()
    _faults()
    _keepers()
    _invitations()
    _withheld()
    _disputes()
    _records()
    _pending_operations()
    _waiting()
    _receipts()
    _recovery_keys()
    _tokens()
    _memberships()


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


def _flag(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), **{"nullable": False, **options})


def _accounts() -> None:
    op.create_table(
        "accounts",
        _number("id", autoincrement=True),
        _words("name"),
        _raw("seed_sealed"),
        _raw("personal_group", nullable=True),
        _number("created_at"),
        _flag("disabled", server_default="0"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )


def _groups() -> None:
    op.create_table(
        "groups",
        _raw("id"),
        _words("kind"),
        _words("name"),
        _words("visibility"),
        _flag("local"),
        _raw("head_id"),
        _number("head_height"),
        _raw("anchor_id"),
        _number("anchor_height"),
        _number("log_size", server_default="0"),
        _raw("log_peaks"),
        _raw("snapshot"),
        _raw("snapshot_item"),
        _number("added_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    op.create_index(op.f("ix_groups_kind_name_id"), "groups", ["kind", "name", "id"])
    op.create_index(op.f("ix_groups_visibility_name_id"), "groups", ["visibility", "name", "id"])


def _items() -> None:
    op.create_table(
        "items",
        _raw("id"),
        _raw("group_id"),
        _raw("parent_id", nullable=True),
        _number("height"),
        _number("term"),
        _words("type"),
        _number("at"),
        _number("log_size"),
        _raw("wire"),
        _flag("on_chain", server_default="0"),
        _flag("dropped", server_default="0"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
    )
    op.create_index(op.f("ix_items_group_id_height_id"), "items", ["group_id", "height", "id"])
    op.create_index(op.f("ix_items_group_id_on_chain_height"), "items", ["group_id", "on_chain", "height"])
    op.create_index(op.f("ix_items_parent_id"), "items", ["parent_id"])


def _log_tiles() -> None:
    op.create_table(
        "log_tiles",
        _raw("group_id"),
        _number("level"),
        _number("number"),
        _raw("hash"),
        sa.PrimaryKeyConstraint("group_id", "level", "number", name=op.f("pk_log_tiles")),
    )


def _acks() -> None:
    op.create_table(
        "acks",
        _raw("group_id"),
        _words("seat"),
        _number("term"),
        _number("height"),
        _raw("item_id"),
        _number("keeper"),
        _raw("wire"),
        sa.PrimaryKeyConstraint("group_id", "seat", "term", "height", "item_id", name=op.f("pk_acks")),
    )
    op.create_index(op.f("ix_acks_group_id_height"), "acks", ["group_id", "height"])


def _faults() -> None:
    op.create_table(
        "faults",
        _raw("first_id"),
        _raw("second_id"),
        _raw("group_id"),
        _words("kind"),
        _raw("first"),
        _raw("second"),
        _number("at"),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_faults")),
    )
    op.create_index(op.f("ix_faults_group_id"), "faults", ["group_id"])


def _keepers() -> None:
    op.create_table(
        "keepers",
        _raw("group_id"),
        _words("seat"),
        _raw("last_item", nullable=True),
        _number("last_term"),
        _number("last_height"),
        _number("highest_term"),
        _number("last_handover_at"),
        _number("failed_tries"),
        _flag("retired"),
        sa.PrimaryKeyConstraint("group_id", "seat", name=op.f("pk_keepers")),
    )


def _invitations() -> None:
    op.create_table(
        "invitations",
        _raw("id"),
        _raw("group_id"),
        _number("account_id"),
        _words("to"),
        _raw("wire"),
        _number("expires_at"),
        _number("issued_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_group_id_issued_at"), "invitations", ["group_id", "issued_at"])
    op.create_index(op.f("ix_invitations_to"), "invitations", ["to"])


def _withheld() -> None:
    op.create_table(
        "withheld",
        _raw("record_id"),
        _raw("group_id"),
        _words("steward"),
        _number("since_at"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_withheld")),
    )
    op.create_index(op.f("ix_withheld_group_id_since_at"), "withheld", ["group_id", "since_at"])


def _disputes() -> None:
    op.create_table(
        "disputes",
        _raw("group_id"),
        _raw("ours"),
        _raw("theirs"),
        _words("pod"),
        _number("seen_at"),
        sa.PrimaryKeyConstraint("group_id", "ours", "theirs", name=op.f("pk_disputes")),
    )


def _records() -> None:
    op.create_table(
        "records",
        _number("seq", autoincrement=True),
        _raw("id"),
        _raw("group_id"),
        _words("type"),
        _number("author", nullable=True),
        _number("key", nullable=True),
        _number("counter", nullable=True),
        _number("at", nullable=True),
        _raw("wire"),
        _number("log_index", nullable=True),
        _words("state", server_default="pending"),
        _flag("erased", server_default="0"),
        _words("origin", server_default=""),
        _number("accepted_at"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_records")),
        sa.UniqueConstraint("id", name=op.f("uq_records_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_records_group_id_author_key_counter"), "records", ["group_id", "author", "key", "counter"])
    op.create_index(op.f("ix_records_group_id_log_index"), "records", ["group_id", "log_index"], unique=True)
    op.create_index(op.f("ix_records_group_id_state_seq"), "records", ["group_id", "state", "seq"])


def _pending_operations() -> None:
    op.create_table(
        "pending_operations",
        _number("seq", autoincrement=True),
        _raw("id"),
        _raw("group_id"),
        _raw("wire"),
        _number("arrived_at"),
        _raw("sealed_in", nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pending_operations")),
        sa.UniqueConstraint("id", name=op.f("uq_pending_operations_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_pending_operations_group_id_sealed_in_seq"), "pending_operations", ["group_id", "sealed_in", "seq"]
    )


def _waiting() -> None:
    op.create_table(
        "waiting",
        _raw("record_id"),
        _raw("group_id"),
        _number("author"),
        _raw("wire"),
        _words("origin"),
        _number("arrived_at"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_waiting")),
    )
    op.create_index(op.f("ix_waiting_group_id_arrived_at"), "waiting", ["group_id", "arrived_at"])


def _receipts() -> None:
    op.create_table(
        "receipts",
        _raw("record_id"),
        _words("steward"),
        _number("term"),
        _raw("group_id"),
        _number("by_at"),
        _raw("wire"),
        sa.PrimaryKeyConstraint("record_id", "steward", "term", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_group_id_by_at"), "receipts", ["group_id", "by_at"])


def _recovery_keys() -> None:
    op.create_table(
        "recovery_keys",
        _number("account_id"),
        _number("index"),
        _words("did"),
        _raw("used_by", nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recovery_keys_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "index", name=op.f("pk_recovery_keys")),
    )
    op.create_index(op.f("ix_recovery_keys_did"), "recovery_keys", ["did"])


def _tokens() -> None:
    op.create_table(
        "tokens",
        _raw("sha256"),
        _number("account_id"),
        _words("name"),
        _number("created_at"),
        _number("last_used_at", nullable=True),
        _number("revoked_at", nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tokens_account_id_accounts")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_account_id"), "tokens", ["account_id"])


def _memberships() -> None:
    op.create_table(
        "memberships",
        _number("account_id"),
        _raw("group_id"),
        _number("number", nullable=True),
        _words("signing"),
        _words("context"),
        _number("key_index"),
        _number("recovery_index"),
        _number("counter"),
        _words("state"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_memberships_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "group_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_group_id_number"), "memberships", ["group_id", "number"])
