"""A lot by its definition (decisions §2.5): the seed is spelled out and hashed, nothing else decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256


def drawn(
    poll: str, log_root: str, tied: Collection[str], committed: Mapping[int, str], told: Mapping[int, bytes]
) -> tuple[str, str, list[int], list[int]]:
    """The seed in hex, who was drawn, the keepers who opened their share, and those who didn't."""
    opened = [keeper for keeper in sorted(committed) if keeper in told]
    opened = [keeper for keeper in opened if sha256(told[keeper]).hexdigest() == committed[keeper]]
    text = f"althing:lot:1\n{poll}\n{log_root}\n" + "".join(f"{keeper}:{told[keeper].hex()}\n" for keeper in opened)
    seed = sha256(text.encode("ascii")).digest()
    ids = sorted(one.encode() for one in set(tied))
    winner = ids[int.from_bytes(seed, "big") % len(ids)].decode()
    return seed.hex(), winner, opened, [keeper for keeper in sorted(committed) if keeper not in opened]
