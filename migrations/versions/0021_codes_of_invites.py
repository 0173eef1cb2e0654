"""Of an invitation's code the database keeps the SHA-256, in hex: a copy of it lets nobody in."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INVITES = sa.table("invites", sa.column("id", sa.Integer), sa.column("code", sa.String))


def upgrade() -> None:
    bind = op.get_bind()
    for number, code in bind.execute(sa.select(INVITES.c.id, INVITES.c.code)).all():
        hashed = hashlib.sha256(code.encode()).hexdigest()
        bind.execute(sa.update(INVITES).where(INVITES.c.id == number).values(code=hashed))


def downgrade() -> None:
    """The codes are gone; the links that people hold let nobody in any more."""
