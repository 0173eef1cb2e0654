import pytest
from msgspec.structs import replace

from federation.signatures import SigningKey, VerificationKey
from federation.signatures.keys import ed25519_signing_key, load_key, verify_with
from models.fediverse.actor_keys import StoredActorKeys
from pod.actor_keys import make_keys, open_rsa_key
from pod.keyring import Keyring, KeyringError
from protocol.keys import PrivateKey

ADA = "https://pod.example/u/ada"
KEYRING = Keyring(b"k" * 32)


def open_ed25519_key(keyring: Keyring, keys: StoredActorKeys, actor: str) -> SigningKey:
    """Nothing signs with it yet: what the pod keeps has to be the key whose public half it shows."""
    seed = keyring.unseal(keys.ed25519_sealed, f"{keys.path}#ed25519-key")
    return ed25519_signing_key(f"{actor}#ed25519-key", PrivateKey.from_seed(seed))


@pytest.fixture(scope="module")
def keys() -> StoredActorKeys:
    return make_keys(KEYRING, "u/ada", now=1)


def test_both_keys_sign_what_their_public_halves_verify(keys: StoredActorKeys) -> None:
    opened: list[tuple[SigningKey, str]] = [
        (open_rsa_key(KEYRING, keys, ADA), keys.rsa_public),
        (open_ed25519_key(KEYRING, keys, ADA), keys.ed25519_public),
    ]
    for signing, text in opened:
        public: VerificationKey = load_key(signing.key_id, ADA, text)
        assert public.kind == signing.kind
        assert verify_with(public, b"message", signing.sign(b"message"))
    assert [signing.key_id for signing, _ in opened] == [f"{ADA}#main-key", f"{ADA}#ed25519-key"]


def test_without_the_key_file_the_database_opens_no_key(keys: StoredActorKeys) -> None:
    for opening in (open_rsa_key, open_ed25519_key):
        with pytest.raises(KeyringError):
            opening(Keyring(b"o" * 32), keys, ADA)
    assert b"PRIVATE KEY" not in keys.rsa_sealed


def test_a_key_is_sealed_for_its_actor_alone(keys: StoredActorKeys) -> None:
    swapped = replace(keys, path="u/eve")

    for opening in (open_rsa_key, open_ed25519_key):
        with pytest.raises(KeyringError):
            opening(KEYRING, swapped, "https://pod.example/u/eve")
