"""Each account counts what changes of it, so that a second home learns at once that nothing did."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

# A later migration that makes one of these tables anew (SQLite does so for some changes) makes its triggers anew, too.
BY_ID = (
    *("memberships", "followings", "blocks", "decision_subscriptions", "poll_drafts", "wanted_claims"),
    *("unfolded_lines", "former_actors", "boxes"),
)
OWNERS = dict.fromkeys(BY_ID, "id = {row}.account_id") | {
    "followers": "name = substr({row}.path, 3) AND substr({row}.path, 1, 2) = 'u/'",
    "actor_keys": "name = substr({row}.path, 3) AND substr({row}.path, 1, 2) = 'u/'",
    "readers": (
        "personal_group = {row}.group_id "
        "AND id IN (SELECT account_id FROM memberships WHERE group_id = {row}.group_id AND number = 1)"
    ),
}
UPDATED = {"readers": "UPDATE OF at, until", "boxes": "UPDATE OF sealed"}  # what else they have is in no copy


def _counted(table: str, row: str) -> str:
    return f"UPDATE accounts SET changes = changes + 1 WHERE {OWNERS[table].format(row=row)};"  # noqa: S608  (constants)


def _sqlite(table: str) -> Iterator[str]:
    for event in ("INSERT", UPDATED.get(table, "UPDATE"), "DELETE"):
        row = "old" if event == "DELETE" else "new"
        name = f"{table}_counted_{event.split()[0].lower()}"
        yield f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {_counted(table, row)} END"


def _postgresql(table: str) -> Iterator[str]:
    yield (
        f"CREATE FUNCTION {table}_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN {_counted(table, 'old')} ELSE {_counted(table, 'new')} END IF; RETURN NULL; END $$"
    )
    event = UPDATED.get(table, "UPDATE")
    yield (
        f"CREATE TRIGGER {table}_counted AFTER INSERT OR {event} OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_counted()"
    )


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("accounts", sa.Column("changes", number, server_default="0", nullable=False))
    make = _sqlite if op.get_bind().dialect.name == "sqlite" else _postgresql
    for table in OWNERS:
        for statement in make(table):
            op.execute(statement)


def downgrade() -> None:
    for table in OWNERS:
        if op.get_bind().dialect.name == "sqlite":
            for event in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER {table}_counted_{event}")
        else:
            op.execute(f"DROP FUNCTION {table}_counted() CASCADE")
    op.drop_column("accounts", "changes")
