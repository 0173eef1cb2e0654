r"""A lot that no pod can steer alone and anybody can draw again (decisions §2.5).

Rules of this file:

1. Each keeper's pod logs the commitment of its share, hex sha256 of a secret, before the delegates of the round are
   locked. Within 24 hours after the closing item it opens the share. An opening counts if its secret has the committed
   hash; of several shares of a keeper the one with the highest (key, counter, id) counts.
2. seed = sha256 of ASCII `althing:lot:1\n`, the poll's id and `\n`, the hex log root of the closing prefix and `\n`,
   and for each opened share by rising keeper number `number:hex secret\n`.
3. The tied ids are sorted by their bytes; the winner is the one at (seed as a number, mod how many tie).
4. Who committed and didn't open is named. With a share of one keeper only, or none opened, one pod drew alone: that of
   the steward, who makes the closing item. This is said beside the result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256

import msgspec

from decisions.proposals import LoggedSaid
from protocol.ids import RecordId
from protocol.records.content import LotShare, Opening


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


def shares_of(
    said: Iterable[LoggedSaid], round_number: int, keepers: Collection[int], locked: int
) -> dict[int, tuple[RecordId, str]]:
    """By keeper, the share that counts in a round (record, commitment); `locked`: the log's size at the lock."""
    newest: dict[int, tuple[tuple[int, int, str], RecordId, str]] = {}
    for one in said:
        share = one.content
        if isinstance(share, LotShare) and share.round == round_number and share.author in keepers:
            found = (one.rank, one.id, share.commitment)
            if one.index < locked:
                newest[share.author] = max(found, newest.get(share.author, found))
    return {author: (own_id, committed) for author, (_, own_id, committed) in newest.items()}


def secrets_of(said: Iterable[LoggedSaid], shares: Mapping[int, tuple[RecordId, str]]) -> dict[int, bytes]:
    """By keeper, the secret behind the share, where an opening tells it."""
    keeper_of = {share: (keeper, committed) for keeper, (share, committed) in shares.items()}
    secrets: dict[int, bytes] = {}
    for one in said:
        if not isinstance(one.content, Opening) or one.content.sealed not in keeper_of:
            continue
        keeper, committed = keeper_of[one.content.sealed]
        secret = _read_hex(one.content.value)
        if secret is not None and commitment(secret) == committed:
            secrets[keeper] = secret
    return secrets


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


def _read_hex(value: object) -> bytes | None:
    if type(value) is not str:
        return None
    try:
        return bytes.fromhex(value)
    except ValueError:
        return None


def _opens(share: str, secret: bytes | None) -> bool:
    return secret is not None and commitment(secret) == share
