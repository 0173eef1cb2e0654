"""What Alembic runs: migrate over the connection that `migrations.upgrade` holds, in its transaction."""

from alembic import context

from migrations.drift import OPTIONS
from models.schema import METADATA

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=METADATA,
    on_version_apply=given.get("on_version_apply"),
    **OPTIONS,
)
context.run_migrations()
