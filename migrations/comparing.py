"""How tables in code and in a database are compared, and how a difference is written down as a version.

`python -m migrations "what changes"` writes the next version from the difference; read it before you keep it.
"""

from typing import Any, Final, Literal

from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from models.base import RecordIdType
from models.schema import METADATA


def _render(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    # A version must not import our types: to the database a record id is bytes.
    return "sa.LargeBinary()" if kind == "type" and isinstance(item, RecordIdType) else False


OPTIONS: Final[dict[str, Any]] = {
    "compare_type": True,
    "render_item": _render,
    # SQLite changes a table by copying it.
    "render_as_batch": True,
}


def differences(connection: Connection) -> list[Any]:
    """What the database lacks or has beyond the tables in code; empty when they agree."""
    options = {name: value for name, value in OPTIONS.items() if name == "compare_type"}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))
