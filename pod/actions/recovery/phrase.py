"""The 24 words in use: their seed lives in one value, for one request, and is written nowhere."""

from __future__ import annotations

from pod.rules.accounts import AccountRule
from protocol.boxes import BoxContent, box_public, open_box
from protocol.derivation import recovery_dids, recovery_key, seed_of
from protocol.ids import RecordId
from protocol.keys import DidKey, PrivateKey
from protocol.limits import RECOVERY_KEYS
from protocol.state import GroupState


class RecoveryKeys:
    """A person's recovery keys by number, as many as were derived so far."""

    def __init__(self, phrase: object) -> None:
        if not isinstance(phrase, str):
            raise AccountRule.NO_PHRASE.error()
        self._seed = seed_of(phrase)
        self.numbers: dict[DidKey, int] = {}
        # A recovered account takes its keys from the batch after the last used one, so two batches are derived.
        self.look_further(2 * RECOVERY_KEYS)

    def look_further(self, count: int = RECOVERY_KEYS) -> None:
        """Derive the public keys of the next `count` numbers."""
        first = len(self.numbers)
        self.numbers |= {did: first + place for place, did in enumerate(recovery_dids(self._seed, first, count))}

    def dids(self, first: int, count: int = RECOVERY_KEYS) -> tuple[DidKey, ...]:
        """The public keys of these numbers."""
        return recovery_dids(self._seed, first, count)

    def signer(self, did: DidKey) -> PrivateKey | None:
        """The private key of `did`; None if it isn't one of this phrase's keys."""
        return recovery_key(self._seed, self.numbers[did]) if did in self.numbers else None

    def key(self, number: int) -> PrivateKey:
        """The private key of this number."""
        return recovery_key(self._seed, number)

    @property
    def box_public(self) -> bytes:
        """The public half of the key of the account's sealed box."""
        return box_public(self._seed)

    def open_box(self, sealed: bytes, group: RecordId) -> BoxContent:
        """What the box of this personal group holds; raises BadProofError or MalformedError."""
        return open_box(sealed, self._seed, group)

    def member_in(self, state: GroupState) -> int | None:
        """The number of the member who has, or once had, one of these keys as recovery key; None if nobody has."""
        return next((state.keys[did] for did in self.numbers if did in state.keys), None)

    def used_in(self, state: GroupState) -> list[tuple[int, DidKey]]:
        """(number, key) of every key that the group knows."""
        return [(number, did) for did, number in self.numbers.items() if did in state.keys]

    def __repr__(self) -> str:
        return "RecoveryKeys()"
