r"""A lot that no pod can steer alone and anybody can draw again (decisions §2.5).

Rules of this file:

1. Before voting each keeper's pod logs the commitment of its share: hex sha256 of a secret. Within 24 hours after the
   closing item it opens the share. An opening counts if its secret has the committed hash.
2. seed = sha256 of ASCII `althing:lot:1\n`, the poll's id and `\n`, the hex log root of the closing prefix and `\n`,
   and for each opened share by rising keeper number `number:hex secret\n`.
3. The tied ids are sorted by their bytes; the winner is the one at (seed as a number, mod how many tie).
4. Who committed and didn't open is named. With a share of one keeper only, or none opened, one pod drew alone: that of
   the steward, who makes the closing item. This is said beside the result.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256

import msgspec


class Drawing(msgspec.Struct, frozen=True):
    """A drawn lot: `seed` in hex, `index` among the sorted ids, the keepers who opened their share and who didn't."""

    seed: str
    index: int
    winner: str
    opened: tuple[int, ...]
    unopened: tuple[int, ...]
    by_one_pod: bool


def commitment(secret: bytes) -> str:
    """What a keeper's pod logs of its secret before voting begins."""
    return sha256(secret).hexdigest()


def draw(
    poll: str, log_root: str, tied: Collection[str], shares: Mapping[int, str], openings: Mapping[int, bytes]
) -> Drawing:
    """Draw among `tied`, which names at least one option.

    `shares`: commitments by keeper, logged before voting. `openings`: secrets by keeper, logged in time. `log_root` in
    hex, of the closing prefix.
    """
    opened = {keeper: openings[keeper] for keeper in sorted(shares) if _opens(shares[keeper], openings.get(keeper))}
    seed = sha256(preimage(poll, log_root, opened)).hexdigest()
    ids = sorted(set(tied), key=str.encode)
    index = int(seed, 16) % len(ids)
    unopened = tuple(keeper for keeper in sorted(shares) if keeper not in opened)
    return Drawing(seed, index, ids[index], tuple(opened), unopened, by_one_pod=len(shares) < 2 or not opened)


def preimage(poll: str, log_root: str, opened: Mapping[int, bytes]) -> bytes:
    """What the seed is the hash of; `opened` secrets by keeper."""
    lines = ["althing:lot:1", poll, log_root, *(f"{keeper}:{opened[keeper].hex()}" for keeper in sorted(opened))]
    return "".join(f"{line}\n" for line in lines).encode()


def _opens(share: str, secret: bytes | None) -> bool:
    return secret is not None and commitment(secret) == share
