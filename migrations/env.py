"""What Alembic runs: migrate over the connection that `migrations.upgrade` holds, in its transaction."""

from alembic import context

from migrations.comparing import OPTIONS
from models.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, **OPTIONS)
context.run_migrations()
