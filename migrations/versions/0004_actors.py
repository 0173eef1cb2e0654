"""Actors with keys of their own, their followers, and what these were told of."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nothing ever wrote to the first form of this table.
    op.drop_table("actor_keys")
    _actor_keys()
    _followers()
    _announced()


def downgrade() -> None:
    for table in ("announced", "followers", "actor_keys"):
        op.drop_table(table)
    op.create_table(
        "actor_keys", _words("path"), _raw("sealed"), sa.PrimaryKeyConstraint("path", name=op.f("pk_actor_keys"))
    )


def _number(name: str, **options: Any) -> sa.Column[Any]:
    # SQLite counts rows only in a column of type INTEGER, which has 64 bits there.
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), **{"nullable": False, **options})


def _raw(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), **{"nullable": False, **options})


def _words(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), **{"nullable": False, **options})


def _actor_keys() -> None:
    op.create_table(
        "actor_keys",
        _words("path"),
        _raw("rsa_sealed"),
        _words("rsa_public"),
        _raw("ed25519_sealed"),
        _words("ed25519_public"),
        _number("made_at"),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_actor_keys")),
    )


def _followers() -> None:
    op.create_table(
        "followers",
        _words("path"),
        _words("actor"),
        _words("inbox"),
        _words("follow"),
        _number("since_seq"),
        _number("at"),
        sa.PrimaryKeyConstraint("path", "actor", name=op.f("pk_followers")),
    )
    op.create_index(op.f("ix_followers_actor"), "followers", ["actor"])


def _announced() -> None:
    op.create_table(
        "announced",
        _raw("group_id"),
        _raw("post_id"),
        _number("at"),
        sa.PrimaryKeyConstraint("group_id", "post_id", name=op.f("pk_announced")),
    )
