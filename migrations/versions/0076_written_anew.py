"""Under which ids this pod wrote anew what no log had of somebody who moved here."""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "written_anew",
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("personal_group", "old_id", "new_id")),
        sa.ForeignKeyConstraint(
            ["personal_group"], ["newcomers.personal_group"], name=op.f("fk_written_anew_personal_group_newcomers")
        ),
        sa.PrimaryKeyConstraint("personal_group", "old_id", name=op.f("pk_written_anew")),
    )


def downgrade() -> None:
    op.drop_table("written_anew")
