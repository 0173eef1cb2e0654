"""Chinese and its like are searched by pairs of letters, and public names without regard to capitals and marks."""

import re
from collections.abc import Callable
from unicodedata import category, normalize

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

PAGE = 500
WORD = re.compile(r"[^\W_]+")
VOICING = "\u3099\u309a"
RUN = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aad\u3005-\u30ff\u3100-\u31ff"
    "\u3400-\u9fff\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaadf\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff]+)"
)
SEARCHED = sa.table("searched", *(sa.column(name) for name in ("seq", "text", "words")))
POSTS = sa.table("posts", *(sa.column(name) for name in ("seq", "subject", "subject_key")))


def upgrade() -> None:
    op.add_column("posts", sa.Column("subject_key", sa.Text(), nullable=True))
    op.create_index(op.f("ix_posts_subject_key"), "posts", ["subject_key"])
    _change_each(SEARCHED, "text", "words", _pieces)
    _change_each(POSTS, "subject", "subject_key", lambda name: " ".join(_words(name)))


def downgrade() -> None:
    op.drop_index(op.f("ix_posts_subject_key"), table_name="posts")
    op.drop_column("posts", "subject_key")


def _change_each(table: sa.TableClause, source: str, target: str, made: Callable[[str], str]) -> None:
    """Fill `target` of each row from its `source`, some rows at a time."""
    connection, after = op.get_bind(), -1
    wanted = sa.select(table.c.seq, table.c[source], table.c[target]).where(table.c[source].is_not(None))
    change = sa.update(table).where(table.c.seq == sa.bindparam("row")).values({target: sa.bindparam("made")})
    while rows := connection.execute(wanted.where(table.c.seq > after).order_by(table.c.seq).limit(PAGE)).all():
        changed = [{"row": seq, "made": made(text)} for seq, text, held in rows if held != made(text)]
        if changed:
            connection.execute(change, changed)
        after = rows[-1].seq


def _words(text: str) -> list[str]:
    parts = (letter for letter in normalize("NFKD", text) if letter in VOICING or category(letter)[0] != "M")
    plain = normalize("NFC", "".join(parts)).casefold()
    return [part for word in WORD.findall(plain) for part in RUN.split(word) if part]


def _pieces(text: str) -> str:
    return " ".join(piece for word in _words(text) for piece in _pairs(word))


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word))] if RUN.match(word) else [word]
