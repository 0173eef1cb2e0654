"""Numbers in letters, many digits at a time: ids in base 32, signatures in base 58.

All digits lie beside each other in one large integer. Each step does the same to all groups of digits at once, so six
or seven steps do what a loop does digit by digit.
"""

from collections.abc import Iterator
from typing import Final

MOST_BASE_58_LETTERS: Final = 128
_LETTERS_OF_AN_ID: Final = 52
_BASE_58: Final = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS: Final = bytes(max(0, _BASE_58.find(letter)) for letter in range(256))


def to_base_32(number: int, letters: bytes) -> str:
    """The 52 letters of a number of 260 bits; `letters` are those for 0 to 31, at the head of a table of 256."""
    for stay, move, up in _SPREAD:
        number = number & stay | (number & move) << up
    return number.to_bytes(64, "big")[-_LETTERS_OF_AN_ID:].translate(letters).decode("ascii")


def from_base_58(letters: str) -> int:
    """The number of at most 128 letters, all of which the caller knows to be base 58's."""
    if len(letters) > MOST_BASE_58_LETTERS:
        raise ValueError(f"At most {MOST_BASE_58_LETTERS} letters are read at once.")
    number = int.from_bytes(letters.encode("ascii").translate(_DIGITS), "big")
    for bits, lower, weight in _GATHER:
        number = (number & lower) + (number >> bits & lower) * weight
    return number


def _spread() -> Iterator[tuple[int, int, int]]:
    """The steps from 64 groups of five bits to 64 bytes: which bits stay, which move up, and how far."""
    for step in range(1, 7):
        bits, slot, lanes = 320 >> step, 512 >> step, range(0, 512, 1024 >> step)
        ones = (1 << bits) - 1
        yield sum(ones << lane for lane in lanes), sum(ones << lane + bits for lane in lanes), slot - bits


def _gather() -> Iterator[tuple[int, int, int]]:
    """The steps from 128 digits to one number: bits of a lane, every other lane, and what an upper lane weighs."""
    for step in range(7):
        bits = 8 << step
        ones = (1 << bits) - 1
        yield bits, sum(ones << lane for lane in range(0, 8 * MOST_BASE_58_LETTERS, 2 * bits)), 58 ** (1 << step)


_SPREAD: Final = tuple(_spread())
_GATHER: Final = tuple(_gather())
