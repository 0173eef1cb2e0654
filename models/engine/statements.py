"""Statements of busy doors, compiled once for each engine: a further row, or key, costs what the driver takes for it.

SQLAlchemy names, checks and converts each parameter of each execution, which takes several times as long as SQLite
does with it. Here the text and the order of its parameters are kept, and the rows of a batch are converted by column.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, Dialect, LargeBinary, Select, bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import Compiled, SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.sqltypes import TupleType
from sqlalchemy.types import TypeEngine

from models.engine.columns import RecordIdType, bytes_of_id, id_of_bytes

KEYS: Final = "keys"
_SIZES: Final = (0, 1, 8, 64, 256)  # of lists, filled up, because each size is another SQL text
Convert = Callable[[Any], Any]
Parameter = BindParameter[Any]


class _Part(msgspec.Struct, frozen=True):
    """A parameter, or a list of them, where it stands in the text, and how to convert its values for the driver.

    A list whose items are tuples has a conversion for each of their places.
    """

    name: str
    converts: tuple[Convert | None, ...]
    listed: bool


class _Compiled(msgspec.Struct, frozen=True):
    """The SQL text for one engine, its parameters in order, and how to convert the columns of its rows."""

    text: str
    parts: tuple[_Part, ...]
    constants: Mapping[str, Any]
    results: tuple[Convert | None, ...]


class EachRow:
    """An INSERT, UPDATE or DELETE for many rows at once; `make` builds it for an engine's name."""

    def __init__(self, make: Callable[[str], UpdateBase], names: Sequence[str]) -> None:
        self._make = make
        self._names = tuple(names)
        self._forms: dict[str, _Compiled] = {}

    async def run(self, session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it for all rows; each row has the names that were given."""
        if rows:
            await session.run_sync(self._run, rows)

    def _run(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        connection = session.connection()
        dialect = connection.dialect
        if (form := self._forms.get(dialect.name)) is None:
            stated = self._make(dialect.name)
            form = _form_of(stated, stated.compile(dialect=dialect, column_keys=list(self._names)), {})
            self._forms[dialect.name] = form
        connection.exec_driver_sql(form.text, _by_column(form, rows))


class Prepared:
    """A statement that is done again and again, with named parameters; `make` gives it for an engine's name.

    A parameter of `in_` is `listed`; its value is a list.
    """

    def __init__(self, make: Callable[[str], Select[Any] | UpdateBase]) -> None:
        self._make = make
        self._forms: dict[tuple[object, ...], _Compiled] = {}

    async def run(self, session: AsyncSession, **values: Any) -> list[Any]:
        """Do it; what rows it gives, in their order."""
        return await session.run_sync(self._run, values)

    async def value(self, session: AsyncSession, **values: Any) -> Any:
        """The first column of the first row; None where there is no row."""
        rows = await self.run(session, **values)
        return rows[0][0] if rows else None

    def run_now(self, connection: sqlite3.Connection, dialect: Dialect) -> list[Any]:
        """Do a statement that has no parameters by SQLite's own connection, without a session and a transaction."""
        form = self._form(dialect, {})
        return list(_converted(form.results, connection.execute(form.text, _in_order(form, {})).fetchall()))

    def _run(self, session: Session, values: Mapping[str, Any]) -> list[Any]:
        connection = session.connection()
        given = {name: _filled(value) if isinstance(value, list) else value for name, value in values.items()}
        form = self._form(connection.dialect, given)
        rows = connection.exec_driver_sql(form.text, _in_order(form, given))
        return list(_converted(form.results, rows.all() if rows.returns_rows else ()))

    def _form(self, dialect: Dialect, given: Mapping[str, Any]) -> _Compiled:
        shape = (dialect.name, *((name, len(value)) for name, value in given.items() if isinstance(value, list)))
        if (form := self._forms.get(shape)) is None:
            stated = self._make(dialect.name)
            form = _form_of(stated, stated.compile(dialect=dialect), given)
            self._forms[shape] = form
        return form


class AllKeys:
    """A statement for many keys at once; `make` builds it for `keys`, which it uses in `column.in_(keys)`.

    A SELECT may have named parameters, too.
    """

    def __init__(self, make: Callable[[Parameter], Select[Any] | UpdateBase]) -> None:
        self._some = Prepared(lambda _: make(listed(KEYS)))

    async def run(self, session: AsyncSession, keys: Collection[Any], **values: Any) -> list[Any]:
        """Execute it for all keys and return the rows, in no order. A key of several columns is a tuple."""
        found: list[Any] = []
        whole, most = list(keys), _SIZES[-1]
        for start in range(0, len(whole), most):
            found += await self._some.run(session, **{KEYS: whole[start : start + most]}, **values)
        return found


def listed(name: str) -> Parameter:
    """The parameter of an `in_`; of an empty list, nothing is in it."""
    return bindparam(name, expanding=True)


def _filled(values: list[Any]) -> list[Any]:
    most = _SIZES[-1]
    size = next((size for size in _SIZES if size >= len(values)), -(-len(values) // most) * most)
    return values + values[-1:] * (size - len(values))


def _form_of(stated: Select[Any] | UpdateBase, compiled: Compiled, given: Mapping[str, Any]) -> _Compiled:
    assert isinstance(compiled, SQLCompiler)
    text, order, of = str(compiled), tuple(compiled.positiontup or ()), {name: name for name in compiled.binds}
    if any(one.expanding for one in compiled.binds.values()):
        whole = compiled.construct_expanded_state(dict(given))
        text, order = whole.statement, tuple(whole.positiontup or ())
        # Of a list's items only the first has the list's name: it stands for all.
        of |= {items[0]: name for name, items in whole.parameter_expansion.items() if items}
    parts = tuple(_part_of(compiled, of[name]) for name in order if name in of)
    constants = {name: one.effective_value for name, one in compiled.binds.items() if not one.required}
    results = tuple(_read_by(column.type, compiled.dialect) for column in stated.exported_columns)
    return _Compiled(text, parts, constants, results)


def _part_of(compiled: SQLCompiler, name: str) -> _Part:
    one = compiled.binds[name]
    kinds = one.type.types if isinstance(one.type, TupleType) else [one.type]
    return _Part(name, tuple(_written(kind, compiled.dialect) for kind in kinds), one.expanding)


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
    for part in form.parts:
        if part.name in form.constants:
            columns.append(repeat(form.constants[part.name], len(rows)))
            continue
        columns.append(_each(part.converts[0], [row[part.name] for row in rows]))
    return list(zip(*columns, strict=True))


def _in_order(form: _Compiled, values: Mapping[str, Any]) -> tuple[Any, ...]:
    known = {**form.constants, **values}
    given: list[Any] = []
    for part in form.parts:
        value, convert = known[part.name], part.converts[0]
        if not part.listed:
            given.append(value if convert is None else convert(value))
        elif len(part.converts) == 1:
            given += _each(convert, value)
        else:
            columns = zip(*value, strict=True)
            given += chain.from_iterable(zip(*map(_each, part.converts, columns), strict=True))
    return tuple(given)


def _each(convert: Convert | None, values: Iterable[Any]) -> Iterable[Any]:
    return values if convert is None else map(convert, values)


def _converted(converts: Sequence[Convert | None], rows: Sequence[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    if not rows or not any(converts):
        return rows
    return zip(*map(_each, converts, zip(*rows, strict=True)), strict=True)
