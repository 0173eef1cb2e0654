"""One seed gives a person a different key in every group, so memberships can't be linked by their keys.

Rules of this file (protocol §2):

1. Pairwise key = Ed25519 seed HKDF-SHA256(ikm = the person's seed, no salt, info = `althing/1/` use `/`
   context, 32 bytes).
2. use `signing`: context is the group's id, for the founder of a root its nonce; an index above 0 appends `/`
   and the index.
   use `recovery`: context is a running index 0, 1, 2 …  use `actor`: identity statements.
   use `box`: 0; the bytes are an X25519 key (`protocol/boxes.py`).
3. A recovery seed is written as 24 words of the English BIP-39 list, which carry a checksum of 8 bits.
"""

import re
import unicodedata
from functools import cache
from typing import Final, Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mnemonic import Mnemonic

from protocol.keys import SEED_BYTES, DidKey, PrivateKey
from protocol.limits import RECOVERY_KEYS
from protocol.rules.phrases import PhraseRule

Use = Literal["signing", "recovery", "actor", "box"]

PHRASE_WORDS: Final = 24
_WORD: Final = re.compile(r"[^\W\d_]+")


def pairwise_seed(seed: bytes, use: Use, context: str, index: int = 0) -> bytes:
    """The 32 bytes that a key for one use in one context is made of; its salts of sealed values come from them too."""
    if len(seed) != SEED_BYTES:
        raise ValueError(f"A seed has {SEED_BYTES} bytes, not {len(seed)}.")
    info = f"althing/1/{use}/{context}" + (f"/{index}" if index else "")
    return HKDF(SHA256(), SEED_BYTES, salt=None, info=info.encode()).derive(seed)


def pairwise_key(seed: bytes, use: Use, context: str, index: int = 0) -> PrivateKey:
    """The key for one use in one context; after a rekey, the key with the next index is used."""
    return PrivateKey.from_seed(pairwise_seed(seed, use, context, index))


def recovery_key(recovery_seed: bytes, number: int) -> PrivateKey:
    """The recovery key with this number."""
    return pairwise_key(recovery_seed, "recovery", str(number))


def recovery_dids(recovery_seed: bytes, first: int = 0, count: int = RECOVERY_KEYS) -> tuple[DidKey, ...]:
    """The public keys that a home pod stores before it forgets the seed."""
    return tuple(recovery_key(recovery_seed, number).did for number in range(first, first + count))


def phrase_of(seed: bytes) -> str:
    """The 24 words to write down, separated by single spaces."""
    if len(seed) != SEED_BYTES:
        raise ValueError(f"A seed has {SEED_BYTES} bytes, not {len(seed)}.")
    return _list().to_mnemonic(seed)


def seed_of(phrase: str) -> bytes:
    """The seed of 24 words; the sentence of a PhraseError helps to find the typing error.

    Only letters count, because people paste words in capitals, numbered, in quotes, with commas or invisible
    characters. No sentence repeats a word of the phrase, because refusals are logged and shown.
    """
    words = _WORD.findall(unicodedata.normalize("NFKD", phrase).lower())
    if len(words) != PHRASE_WORDS:
        raise PhraseRule.WORD_COUNT.error(most=PHRASE_WORDS, words=len(words))
    known = set(_list().wordlist)
    unknown = [str(place) for place, word in enumerate(words, start=1) if word not in known]
    if unknown:
        raise PhraseRule.UNKNOWN_WORDS.error(words=", ".join(unknown))
    try:
        return bytes(_list().to_entropy(words))
    except ValueError as error:
        raise PhraseRule.CHECKSUM.error() from error


@cache
def _list() -> Mnemonic:
    return Mnemonic("english")
