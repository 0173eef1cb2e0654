"""The ground of every table: column types alike on SQLite and PostgreSQL, and stable constraint names.

Record ids are text in memory and 32 bytes in the database. The bytes are the digest with its base32 letters
ranked as ASCII ranks them, because the protocol orders ids as text, and base32 puts its digits after its
letters where ASCII puts them before: so `ORDER BY id` is the protocol's order on both engines, which the
bare digest's order is not.
"""

from typing import Final

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, MetaData, Table, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

from protocol.bases import to_base_32
from protocol.ids import RecordId
from protocol.keys import DidKey

_PREFIX: Final = "bagaaiera"
_IN_ASCII_ORDER: Final = "234567abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
_TO_DIGITS: Final = str.maketrans(_IN_ASCII_ORDER, _DIGITS)
_LETTERS: Final = _IN_ASCII_ORDER.encode().ljust(256, b"?")
# 52 letters hold 260 bits: the digest's 256, and four that are always those of an "a".
_SPARE_BITS: Final = 4
_LETTER_A: Final = _IN_ASCII_ORDER.index("a")
_MOST_KNOWN: Final = 32_768
_BYTES: Final[dict[str, bytes]] = {}
_IDS: Final[dict[bytes, RecordId]] = {}


def bytes_of_id(identifier: str) -> bytes:
    """The 32 bytes of a record id in the database; they sort as the ids do."""
    if (stored := _BYTES.get(identifier)) is None:
        stored = (int(identifier[len(_PREFIX) :].translate(_TO_DIGITS), 32) >> _SPARE_BITS).to_bytes(32, "big")
        # Other texts have the same bytes; a stranger who sends one must not give a record another name.
        if _spelt(stored) == identifier:
            _remember(RecordId(identifier), stored)
    return stored


def id_of_bytes(stored: bytes) -> RecordId:
    """The record id of these 32 bytes."""
    if (identifier := _IDS.get(stored)) is None:
        identifier = _spelt(stored)
        _remember(identifier, stored)
    return identifier


def _spelt(stored: bytes) -> RecordId:
    return RecordId(_PREFIX + to_base_32(int.from_bytes(stored, "big") << _SPARE_BITS | _LETTER_A, _LETTERS))


def _remember(identifier: RecordId, stored: bytes) -> None:
    """Keep a pair for both ways: what is written is read soon."""
    if len(_IDS) >= _MOST_KNOWN:
        _BYTES.clear()
        _IDS.clear()
    _BYTES[identifier] = stored
    _IDS[stored] = identifier


class RecordIdType(TypeDecorator[RecordId]):
    """A record id: 'bagaaiera…' in Python, 32 bytes in the database, in the same order."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: RecordId | None, dialect: Dialect) -> bytes | None:
        del dialect
        return None if value is None else bytes_of_id(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> RecordId | None:
        del dialect
        return None if value is None else id_of_bytes(value)


class Base(DeclarativeBase):
    """The parent of all rows. Integers have 64 bits on both engines; times are milliseconds since 1970."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    # SQLite numbers rows only in a column of type INTEGER, which has 64 bits there.
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads it from the class)
        int: BigInteger().with_variant(Integer(), "sqlite"),
        str: Text(),
        bytes: LargeBinary(),
        RecordId: RecordIdType(),
        DidKey: Text(),
    }


def table_of(row: type[Base]) -> Table:
    """The Core table of a row class, for hot paths."""
    table = row.__table__
    assert isinstance(table, Table)
    return table
