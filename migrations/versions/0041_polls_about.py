"""A post's page finds the polls that came from it."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

# How ids stood in the database when this version was written: 32 bytes that sort as their base32 letters do.
PREFIX = "bagaaiera"
DIGITS = str.maketrans("234567abcdefghijklmnopqrstuvwxyz", "0123456789abcdefghijklmnopqrstuv")


def upgrade() -> None:
    op.add_column("polls", sa.Column("about", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_polls_group_id_about"), "polls", ["group_id", "about"])
    polls = sa.table("polls", sa.column("id"), sa.column("poll"), sa.column("about"))
    found = op.get_bind().execute(sa.select(polls.c.id, polls.c.poll)).all()
    for poll, said in found:
        about = json.loads(said).get("about")
        if about is not None:
            stored = (int(about[len(PREFIX) :].translate(DIGITS), 32) >> 4).to_bytes(32, "big")
            op.execute(sa.update(polls).where(polls.c.id == poll).values(about=stored))


def downgrade() -> None:
    op.drop_index(op.f("ix_polls_group_id_about"), "polls")
    op.drop_column("polls", "about")
