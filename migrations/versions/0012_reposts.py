"""Reposts in the order in which they came, found again from the votes that are held."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

REPOSTED = sa.text("reposted IS NOT NULL")
SUPPORTED = sa.text("reposted IS NOT NULL AND supporters > 0")
# A member named "from" stands unescaped in canonical JSON only where the record itself has it.
IN_WIRE = {
    "sqlite": """CAST(records.wire AS TEXT) LIKE '%"from":{"group"%' AND CAST(scores.token AS TEXT) LIKE '{"post":%'""",
    "postgresql": """convert_from(records.wire, 'UTF8') LIKE '%"from":{"group"%' AND scores.token LIKE '{"post":%'""",
}
VOTES = """UPDATE votes SET reposted = (
    SELECT records.seq FROM records, scores
    WHERE records.id = votes.record_id AND scores.group_id = votes.group_id AND scores.target = votes.target
    AND {in_wire}) WHERE value > 0"""
SCORES = """UPDATE scores SET reposted = (
    SELECT MIN(votes.reposted) FROM votes WHERE votes.group_id = scores.group_id AND votes.target = scores.target)"""


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table in ("votes", "scores"):
        op.add_column(table, sa.Column("reposted", _number(), nullable=True))
    op.execute(VOTES.format(in_wire=IN_WIRE[op.get_bind().dialect.name]))
    op.execute(SCORES)
    op.create_index(
        op.f("ix_votes_group_id_target_reposted"),
        "votes",
        ["group_id", "target", "reposted"],
        sqlite_where=REPOSTED,
        postgresql_where=REPOSTED,
    )
    op.create_index(
        op.f("ix_scores_group_id_reposted"),
        "scores",
        ["group_id", "reposted"],
        sqlite_where=SUPPORTED,
        postgresql_where=SUPPORTED,
    )
    op.create_index(op.f("ix_followings_group_id"), "followings", ["group_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_followings_group_id"), table_name="followings")
    op.drop_index(op.f("ix_scores_group_id_reposted"), table_name="scores")
    op.drop_index(op.f("ix_votes_group_id_target_reposted"), table_name="votes")
    for table in ("scores", "votes"):
        op.drop_column(table, "reposted")
