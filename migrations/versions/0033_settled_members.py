"""Members of a group's settled state are rows of their own; until its next item settles they stand in its snapshot."""

import base64
import json

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_ID_BEFORE_DIGEST = bytes.fromhex("01800412" + "20")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "settled_members",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("number", _number(), nullable=False),
        sa.Column("wire", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "number", name=op.f("pk_settled_members")),
    )
    op.create_table(
        "used_invitations",
        sa.Column("group_id", sa.LargeBinary(), nullable=False),
        sa.Column("invitation", sa.LargeBinary(), nullable=False),
        sa.Column("uses", _number(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "invitation", name=op.f("pk_used_invitations")),
    )


def downgrade() -> None:
    bind = op.get_bind()
    for group, snapshot in list(bind.execute(sa.text("SELECT id, snapshot FROM groups"))):
        state = json.loads(bytes(snapshot))
        if "members" not in state:
            _put_back(bind, group, state)
    op.drop_table("used_invitations")
    op.drop_table("settled_members")


def _put_back(bind: sa.Connection, group: bytes, state: dict[str, object]) -> None:
    """Write the members into the snapshot again, where versions before this one look for them."""
    wires = bind.execute(sa.text("SELECT wire FROM settled_members WHERE group_id = :g ORDER BY number"), {"g": group})
    members = [json.loads(bytes(wire)) for (wire,) in wires]
    uses = bind.execute(sa.text("SELECT invitation, uses FROM used_invitations WHERE group_id = :g"), {"g": group})
    state["members"] = members
    state["keys"] = {
        did: member["number"]
        for member in members
        for did in [*(key["did"] for key in member["keys"]), *member["recovery"]]
    }
    state["invitations"] = {_id(bytes(invitation)): count for invitation, count in uses}
    bind.execute(
        sa.text("UPDATE groups SET snapshot = :s WHERE id = :g"), {"s": json.dumps(state).encode(), "g": group}
    )


def _id(digest: bytes) -> str:
    return "b" + base64.b32encode(_ID_BEFORE_DIGEST + digest).decode().lower().rstrip("=")
