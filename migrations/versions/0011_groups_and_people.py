"""What accounts follow and are told of, what is searched, and an index for public names."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# SQLite searches by a table of its own beside the texts, which triggers keep in step; PostgreSQL by an index.
SQLITE = (
    """CREATE VIRTUAL TABLE searched_index USING fts5(
        words, content='searched', content_rowid='seq', tokenize='unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER searched_added AFTER INSERT ON searched BEGIN
        INSERT INTO searched_index(rowid, words) VALUES (new.seq, new.words);
    END""",
    """CREATE TRIGGER searched_removed AFTER DELETE ON searched BEGIN
        INSERT INTO searched_index(searched_index, rowid, words) VALUES ('delete', old.seq, old.words);
    END""",
    """CREATE TRIGGER searched_changed AFTER UPDATE ON searched BEGIN
        INSERT INTO searched_index(searched_index, rowid, words) VALUES ('delete', old.seq, old.words);
        INSERT INTO searched_index(rowid, words) VALUES (new.seq, new.words);
    END""",
)
POSTGRESQL = ("CREATE INDEX searched_index ON searched USING gin (to_tsvector('simple', words))",)


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _create_lists() -> None:
    op.create_table(
        "followings",
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("lens", sa.Boolean(), nullable=False),
        sa.Column("since_at", _number(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_followings_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "group_id", name=op.f("pk_followings")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", _number(), autoincrement=True, nullable=False),
        sa.Column("account_id", _number(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("post_id", sa.LargeBinary(), nullable=True),
        sa.Column("author", _number(), nullable=False),
        sa.Column("at", _number(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notifications_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("account_id", "kind", "record_id", name=op.f("uq_notifications_account_id_kind_record_id")),
    )
    op.create_index(op.f("ix_notifications_account_id_id"), "notifications", ["account_id", "id"])
    op.create_index(op.f("ix_notifications_account_id_seen"), "notifications", ["account_id", "seen"])


def upgrade() -> None:
    _create_lists()
    op.create_table(
        "searched",
        sa.Column("seq", _number(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("post_id", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("author", _number(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_searched")),
        sa.UniqueConstraint("record_id", name=op.f("uq_searched_record_id")),
    )
    op.create_index(op.f("ix_searched_group_id_author"), "searched", ["group_id", "author"])
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    op.create_index(op.f("ix_posts_subject_group_id"), "posts", ["subject", "group_id"])
    with op.batch_alter_table("items") as table:
        table.add_column(sa.Column("was", sa.Text(), nullable=False, server_default="{}"))
    with op.batch_alter_table("profiles") as table:
        table.add_column(sa.Column("indexable", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table("profiles") as table:
        table.drop_column("indexable")
    with op.batch_alter_table("items") as table:
        table.drop_column("was")
    op.drop_index(op.f("ix_posts_subject_group_id"), table_name="posts")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE searched_index")
    op.drop_table("searched")
    op.drop_table("notifications")
    op.drop_table("followings")
