"""How tables in code and in a database are compared, and how a difference is written down as a version.

`python -m migrations "what changes"` writes the next version from the difference; read it before you keep it.
"""

from typing import Any, Final, Literal

from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from models.engine.columns import RecordIdType
from models.schema import METADATA


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    """Whether a version is compared: the index of searches differs between engines and stands in its version alone."""
    return kind not in {"table", "index"} or name is None or not name.startswith("searched_index")


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
    options = {"compare_type": True, "include_name": _is_ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))
