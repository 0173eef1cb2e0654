"""Each account counts what changes of it, so that a second home learns at once that nothing did."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

# A later migration that makes one of these tables anew (SQLite does so for some changes) makes its triggers anew, too.
NAMED = (
    *("memberships", "followings", "blocks", "decision_subscriptions", "poll_drafts", "wanted_claims"),
    *("unfolded_lines", "former_actors", "boxes"),
)
# Of each table: by which column its rows in `told` lead to accounts, and which accounts these are.
BY_PATH = "path", "SELECT id FROM told JOIN accounts ON name = substr(path, 3) WHERE substr(path, 1, 2) = 'u/'"
HOMES = (
    "SELECT account_id FROM told JOIN memberships USING (group_id) JOIN accounts ON id = account_id "
    "WHERE number = 1 AND personal_group = group_id"
)
OWNERS = dict.fromkeys(NAMED, ("account_id", "SELECT account_id FROM told")) | {
    "followers": BY_PATH,
    "actor_keys": BY_PATH,
    "readers": ("group_id", HOMES),
}
# What else they have is in no copy. A membership's counter moves with each record of its person.
COLUMNS = {
    "memberships": ("number", "signing", "key_index", "recovery_index", "state"),
    "readers": ("at", "until"),
    "boxes": ("sealed",),
}
EVENTS = "insert", "update", "delete"


def _counted(owners: str, of: str = "IN") -> str:
    return f"UPDATE accounts SET changes = changes + 1 WHERE id {of} ({owners});"  # noqa: S608  (constants)


def _sqlite(table: str) -> Iterator[str]:
    """It has triggers of rows only: each row counts."""
    key, owners = OWNERS[table]
    for event in EVENTS:
        row = "old" if event == "delete" else "new"
        of = f" OF {', '.join(COLUMNS[table])}" if event == "update" and table in COLUMNS else ""
        counted = _counted(owners.replace("FROM told", f"FROM (SELECT {row}.{key} AS {key}) AS told"), "=")
        yield f"CREATE TRIGGER {table}_counted_{event} AFTER {event}{of} ON {table} BEGIN {counted} END"


def _postgresql(table: str) -> Iterator[str]:
    """A statement counts once for each account, else one that deletes many rows would write their account as often."""
    key, owners = OWNERS[table]
    names = ", ".join((key, *COLUMNS[table])) if table in COLUMNS else "*"
    changed = f"(SELECT {names} FROM told_now EXCEPT SELECT {names} FROM told_before) AS told"  # noqa: S608
    for event in EVENTS:
        name = f"{table}_counted_{event}"
        counted = _counted(owners.replace("FROM told", f"FROM {changed}") if event == "update" else owners)
        rows = {"insert": "NEW TABLE AS told", "delete": "OLD TABLE AS told"}
        seen = rows.get(event, "NEW TABLE AS told_now OLD TABLE AS told_before")
        yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {counted} RETURN NULL; END $$"
        yield (
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {seen} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("accounts", sa.Column("changes", number, server_default="0", nullable=False))
    make = _sqlite if op.get_bind().dialect.name == "sqlite" else _postgresql
    for table in OWNERS:
        for statement in make(table):
            op.execute(statement)


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name in (f"{table}_counted_{event}" for table in OWNERS for event in EVENTS):
        op.execute(f"DROP TRIGGER {name}" if is_sqlite else f"DROP FUNCTION {name}() CASCADE")
    op.drop_column("accounts", "changes")
