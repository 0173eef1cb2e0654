"""What is folded from records: members, posts, votes, scores."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "members",
    "profiles",
    "posts",
    "sheets",
    "votes",
    "scores",
    "erasures",
    "claims",
)


def upgrade() -> None:
    _members()
    _profiles()
    _posts()
    _sheets()
    _votes()
    _scores()
    _erasures()
    _claims()


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


def _members() -> None:
    op.create_table(
        "members",
        _raw("group_id"),
        _number("number"),
        _number("weight"),
        _words("home_pod"),
        _words("signing"),
        _flag("left"),
        _number("joined_height"),
        _raw("identity", nullable=True),
        sa.PrimaryKeyConstraint("group_id", "number", name=op.f("pk_members")),
    )
    op.create_index(op.f("ix_members_home_pod"), "members", ["home_pod"])


def _profiles() -> None:
    op.create_table(
        "profiles",
        _raw("group_id"),
        _number("member"),
        _number("key"),
        _number("counter"),
        _raw("record_id"),
        _words("nickname"),
        _words("text"),
        _raw("avatar", nullable=True),
        _number("at"),
        sa.PrimaryKeyConstraint("group_id", "member", name=op.f("pk_profiles")),
    )
    op.create_index(op.f("ix_profiles_record_id"), "profiles", ["record_id"])


def _posts() -> None:
    op.create_table(
        "posts",
        _raw("id"),
        _raw("group_id"),
        _number("author"),
        _words("kind"),
        _words("title"),
        _words("language"),
        _raw("reply_record", nullable=True),
        _number("reply_index", nullable=True),
        _words("subject", nullable=True),
        _raw("attachments"),
        _number("at"),
        _number("seq"),
        _raw("target"),
        _flag("erased"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    op.create_index(op.f("ix_posts_group_id_author"), "posts", ["group_id", "author"])
    op.create_index(op.f("ix_posts_group_id_seq"), "posts", ["group_id", "seq"])
    op.create_index(op.f("ix_posts_group_id_subject"), "posts", ["group_id", "subject"])
    op.create_index(op.f("ix_posts_reply_record_seq"), "posts", ["reply_record", "seq"])


def _sheets() -> None:
    op.create_table(
        "sheets",
        _raw("record_id"),
        _raw("post_id"),
        _raw("group_id"),
        _number("author"),
        _number("seq"),
        _raw("sheet"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_sheets")),
    )
    op.create_index(op.f("ix_sheets_group_id_author"), "sheets", ["group_id", "author"])
    op.create_index(op.f("ix_sheets_post_id_group_id_seq"), "sheets", ["post_id", "group_id", "seq"])


def _votes() -> None:
    op.create_table(
        "votes",
        _raw("group_id"),
        _number("member"),
        _raw("target"),
        _number("value"),
        _number("key"),
        _number("counter"),
        _raw("record_id"),
        _number("at"),
        _words("reason"),
        sa.PrimaryKeyConstraint("group_id", "member", "target", name=op.f("pk_votes")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_votes_group_id_target_member"), "votes", ["group_id", "target", "member"])


def _scores() -> None:
    op.create_table(
        "scores",
        _raw("group_id"),
        _raw("target"),
        _words("token"),
        _number("sum_micro"),
        _number("up"),
        _number("down"),
        _number("supporters"),
        _number("votes"),
        sa.PrimaryKeyConstraint("group_id", "target", name=op.f("pk_scores")),
        sqlite_with_rowid=False,
    )


def _erasures() -> None:
    op.create_table(
        "erasures",
        _raw("record_id"),
        _raw("group_id"),
        _number("author"),
        sa.PrimaryKeyConstraint("record_id", "group_id", "author", name=op.f("pk_erasures")),
    )


def _claims() -> None:
    op.create_table(
        "claims",
        _raw("record_id"),
        _raw("group_id"),
        _number("author"),
        _raw("of_group"),
        _number("member"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_of_group_member"), "claims", ["of_group", "member"])
