import hmac
from hashlib import sha256
from typing import Any

import pytest

from protocol.derivation import pairwise_key, phrase_of, recovery_dids, recovery_key, seed_of
from protocol.errors import PhraseError
from protocol.keys import PrivateKey
from protocol.limits import RECOVERY_KEYS
from protocol.rules.phrases import PhraseRule
from tests.support.folders import read_vectors

VECTORS = read_vectors("records.json")
SEED = bytes(range(32))
PHRASE = phrase_of(SEED)


@pytest.mark.parametrize("vector", VECTORS["derived"], ids=lambda vector: f"{vector['person']} {vector['info']}")
def test_keys_of_the_vectors_are_derived(vector: dict[str, Any]) -> None:
    _, _, use, context, *index = vector["info"].split("/")
    seed = bytes.fromhex(VECTORS["people"][vector["person"]][f"{use}_seed"])

    assert pairwise_key(seed, use, context, int(index[0]) if index else 0).did == vector["did"]


def test_derivation_is_hkdf_without_salt() -> None:
    extracted = hmac.digest(bytes(32), SEED, "sha256")
    expanded = hmac.digest(extracted, b"althing/1/actor/https://a.example/u/ada\x01", "sha256")

    assert pairwise_key(SEED, "actor", "https://a.example/u/ada").did == PrivateKey.from_seed(expanded).did


def test_every_use_context_index_and_seed_has_a_key_of_its_own() -> None:
    keys = [
        pairwise_key(seed, use, context, index).did
        for seed in (SEED, sha256(SEED).digest())
        for use in ("signing", "recovery", "actor")
        for context in ("a", "b")
        for index in (0, 1, 2)
    ]

    assert len(set(keys)) == len(keys)


def test_the_recovery_keys_of_a_sign_up_are_the_running_numbers() -> None:
    dids = recovery_dids(SEED)

    assert len(set(dids)) == RECOVERY_KEYS
    assert dids[7] == recovery_key(SEED, 7).did == pairwise_key(SEED, "recovery", "7").did
    assert recovery_dids(SEED, first=7, count=2) == dids[7:9]


@pytest.mark.parametrize("person", VECTORS["people"])
def test_phrases_of_the_vectors_are_written_and_read(person: str) -> None:
    entry = VECTORS["people"][person]
    seed = bytes.fromhex(entry["recovery_seed"])

    assert phrase_of(seed) == entry["phrase"]
    assert seed_of(entry["phrase"]) == seed


def test_the_phrase_of_zeros_is_that_of_bip_39() -> None:
    assert phrase_of(bytes(32)) == "abandon " * 23 + "art"


@pytest.mark.parametrize(
    "typed",
    [
        PHRASE.upper(),
        PHRASE.title(),
        f"\n  {PHRASE}\t",
        PHRASE.replace(" ", "\r\n"),
        PHRASE.replace(" ", "\u00a0"),
    ],
    ids=["upper case", "capitals", "surrounded", "one a line", "no-break spaces"],
)
def test_case_and_white_space_of_a_typed_phrase_do_not_matter(typed: str) -> None:
    assert seed_of(typed) == SEED


def test_a_phrase_with_a_missing_word_says_how_many_there_are() -> None:
    with pytest.raises(PhraseError) as refusal:
        seed_of(PHRASE.rpartition(" ")[0])
    assert refusal.value.refused == PhraseRule.WORD_COUNT.refused(most=24, words=23)


def test_a_mistyped_word_is_named_by_its_place_only() -> None:
    words = PHRASE.split()
    words[2], words[16] = "secretword", "xyzzy"

    with pytest.raises(PhraseError) as refusal:
        seed_of(" ".join(words))
    assert refusal.value.refused == PhraseRule.UNKNOWN_WORDS.refused(words="3, 17")
    assert not {*words} & {*str(refusal.value).lower().replace(",", " ").split()} - {"word", "first", "list"}


def test_words_in_another_order_fail_the_checksum() -> None:
    words = PHRASE.split()
    words[0], words[1] = words[1], words[0]

    with pytest.raises(PhraseError) as refusal:
        seed_of(" ".join(words))
    assert refusal.value.refused.rule is PhraseRule.CHECKSUM


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_seed_of_another_length_is_a_bug(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        phrase_of(bytes(length))
    with pytest.raises(ValueError, match="32 bytes"):
        pairwise_key(bytes(length), "signing", "group")
