"""Statements of busy doors, compiled once for each engine: a further row, or key, costs what the driver takes for it.

SQLAlchemy names, checks and converts each parameter of each execution, which takes several times as long as SQLite
does with it. Here the text and the order of its parameters are kept, and the rows of a batch are converted by column.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, Dialect, LargeBinary, Select, bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.sqltypes import TupleType
from sqlalchemy.types import TypeEngine

from models.engine.columns import RecordIdType, bytes_of_id, id_of_bytes

KEYS: Final = "keys"
_OF_KEYS: Final = f"{KEYS}_"
_SIZES: Final = (1, 8, 64, 256)  # of key lists, filled up, because each size is another SQL text
Convert = Callable[[Any], Any]
Keys = BindParameter[Any]


class _Compiled(msgspec.Struct, frozen=True):
    """The SQL text for one engine; for each parameter its name, and how to convert its value for the driver."""

    text: str
    names: tuple[str, ...]
    converts: tuple[Convert | None, ...]
    constants: Mapping[str, Any]


class EachRow:
    """An INSERT, UPDATE or DELETE for many rows at once; `make` builds it for an engine's name."""

    def __init__(self, make: Callable[[str], UpdateBase], names: Sequence[str]) -> None:
        self._make = make
        self._names = tuple(names)
        self._forms: dict[str, _Compiled] = {}

    async def run(self, session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it for all rows; each row has the names that were given."""
        if rows:
            connection = await session.connection()
            form = self._form(connection.dialect)
            await connection.exec_driver_sql(form.text, _by_column(form, rows))

    def _form(self, dialect: Dialect) -> _Compiled:
        if (form := self._forms.get(dialect.name)) is None:
            compiled = self._make(dialect.name).compile(dialect=dialect, column_keys=list(self._names))
            assert isinstance(compiled, SQLCompiler)
            self._forms[dialect.name] = form = _form_of(compiled, str(compiled), compiled.positiontup, dialect)
        return form


class Prepared:
    """A statement that is done again and again, with named parameters; `make` gives it for an engine's name."""

    def __init__(self, make: Callable[[str], Select[Any] | UpdateBase]) -> None:
        self._make = make
        self._forms: dict[str, tuple[_Compiled, tuple[Convert | None, ...]]] = {}

    async def run(self, session: AsyncSession, **values: Any) -> list[Any]:
        """Do it; what rows it gives, in their order."""
        connection = await session.connection()
        form, results = self._form(connection.dialect)
        known = {**form.constants, **values}
        given = tuple(
            known[name] if convert is None else convert(known[name])
            for name, convert in zip(form.names, form.converts, strict=True)
        )
        rows = await connection.exec_driver_sql(form.text, given)
        return list(_converted(results, rows.all() if rows.returns_rows else ()))

    async def value(self, session: AsyncSession, **values: Any) -> Any:
        """The first column of the first row; None where there is no row."""
        rows = await self.run(session, **values)
        return rows[0][0] if rows else None

    def _form(self, dialect: Dialect) -> tuple[_Compiled, tuple[Convert | None, ...]]:
        if (known := self._forms.get(dialect.name)) is None:
            stated = self._make(dialect.name)
            compiled = stated.compile(dialect=dialect)
            assert isinstance(compiled, SQLCompiler)
            results = tuple(_read_by(column.type, dialect) for column in stated.exported_columns)
            known = _form_of(compiled, str(compiled), compiled.positiontup, dialect), results
            self._forms[dialect.name] = known
        return known


class AllKeys:
    """A statement for many keys at once; `make` builds it for `keys`, which it uses in `column.in_(keys)`.

    A SELECT may have named parameters, too.
    """

    def __init__(self, make: Callable[[Keys], Select[Any] | UpdateBase]) -> None:
        self._make = make
        self._forms: dict[tuple[str, int], tuple[_Compiled, tuple[Convert | None, ...]]] = {}

    async def run(self, session: AsyncSession, keys: Collection[Any], **values: Any) -> list[Any]:
        """Execute it for all keys and return the rows, in no order. A key of several columns is a tuple."""
        found: list[Any] = []
        whole, most = list(keys), _SIZES[-1]
        connection = await session.connection()
        for start in range(0, len(whole), most):
            some = whole[start : start + most]
            some += [some[-1]] * (next(size for size in _SIZES if size >= len(some)) - len(some))
            form, results = self._form(connection.dialect, some, values)
            rows = await connection.exec_driver_sql(form.text, _with_keys(form, some, values))
            found += _converted(results, rows.all() if rows.returns_rows else ())
        return found

    def _form(
        self, dialect: Dialect, keys: Sequence[Any], values: Mapping[str, Any]
    ) -> tuple[_Compiled, tuple[Convert | None, ...]]:
        known = self._forms.get((dialect.name, len(keys)))
        if known is None:
            stated = self._make(bindparam(KEYS, expanding=True))
            compiled = stated.compile(dialect=dialect)
            assert isinstance(compiled, SQLCompiler)
            whole = compiled.construct_expanded_state({KEYS: list(keys), **values})
            results = tuple(_read_by(column.type, dialect) for column in stated.exported_columns)
            known = _form_of(compiled, whole.statement, whole.positiontup, dialect), results
            self._forms[dialect.name, len(keys)] = known
        return known


def _form_of(compiled: SQLCompiler, text: str, order: Sequence[str] | None, dialect: Dialect) -> _Compiled:
    names = tuple(order or ())
    stated = {name: compiled.binds[name] for name in names if name in compiled.binds}
    constants = {name: one.effective_value for name, one in stated.items() if not one.required}
    return _Compiled(text, names, tuple(_written_by(compiled, name, dialect) for name in names), constants)


def _written_by(compiled: SQLCompiler, name: str, dialect: Dialect) -> Convert | None:
    if name in compiled.binds:
        return _written(compiled.binds[name].type, dialect)
    # A key in a list is called keys_1; with several columns, keys_1_1.
    kind, *place = compiled.binds[KEYS].type, *name.removeprefix(_OF_KEYS).split("_")[1:]
    return _written(kind.types[int(place[0]) - 1] if isinstance(kind, TupleType) else kind, dialect)


def _written(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if isinstance(kind, RecordIdType):
        return _bytes_of
    # Bytes need no conversion.
    return None if isinstance(kind, LargeBinary) else kind.dialect_impl(dialect).bind_processor(dialect)


def _bytes_of(identifier: str | None) -> bytes | None:
    return None if identifier is None else bytes_of_id(identifier)


def _id_of(stored: bytes | None) -> str | None:
    return None if stored is None else id_of_bytes(stored)


def _read_by(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if isinstance(kind, RecordIdType):
        return _id_of
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _by_column(form: _Compiled, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    columns: list[Iterable[Any]] = []
    for name, convert in zip(form.names, form.converts, strict=True):
        if name in form.constants:
            columns.append(repeat(form.constants[name], len(rows)))
            continue
        column = [row[name] for row in rows]
        columns.append(column if convert is None else map(convert, column))
    return list(zip(*columns, strict=True))


def _with_keys(form: _Compiled, keys: Sequence[Any], values: Mapping[str, Any]) -> tuple[Any, ...]:
    known = {**form.constants, **values}
    first = next(place for place, name in enumerate(form.names) if name.startswith(_OF_KEYS))
    by_column = zip(*keys, strict=True) if isinstance(keys[0], tuple) else (keys,)
    columns = [
        column if (convert := form.converts[first + place]) is None else map(convert, column)
        for place, column in enumerate(by_column)
    ]
    given = tuple(chain.from_iterable(zip(*columns, strict=True)))
    end = first + len(given)
    before, after = (
        [known[name] if convert is None else convert(known[name]) for name, convert in pairs]
        for pairs in (
            zip(form.names[:first], form.converts[:first], strict=True),
            zip(form.names[end:], form.converts[end:], strict=True),
        )
    )
    return (*before, *given, *after)


def _converted(converts: Sequence[Convert | None], rows: Sequence[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    if not rows or not any(converts):
        return rows
    columns = zip(*rows, strict=True)
    pairs = zip(columns, converts, strict=True)
    return zip(*(column if convert is None else map(convert, column) for column, convert in pairs), strict=True)
