"""A reader is proven by the signature of the request, and can't be made in any other way."""

from __future__ import annotations

import pytest

from federation.addresses import origin_of
from federation.errors import KeyOwnerError, MalformedSignatureError, ReplayedSignatureError, UnsuitableKeyError
from federation.known_keys import KnownKeys
from federation.readers import INVITATION, VerifiedHolder, VerifiedPod, invitation_field, receive_reader
from federation.signatures import Replays, SignedRequest, SigningKey, sign_once
from federation.signatures.keys import ed25519_signing_key, rsa_public_pem, rsa_signing_key
from protocol.canonical import JsonObject
from protocol.keys import PrivateKey
from tests.support.key_shelf import KeyShelf
from tests.support.seen_once import SeenOnce
from tests.support.wire import ALICE, HOST, NOW, POLICY, a_request, rsa_keys, rsa_pem, with_fields

LINK = PrivateKey.from_seed(b"link".ljust(32))
HOLDER = ed25519_signing_key(LINK.did, LINK)
GET = a_request("GET", "/groups/x/chain?from=0")


POD = f"{origin_of(ALICE).url}/actor"


async def fetch(key_id: str) -> JsonObject:
    owner = key_id.partition("#")[0]
    return {
        "id": owner,
        "publicKey": {"id": f"{owner}#main-key", "owner": owner, "publicKeyPem": rsa_public_pem(rsa_pem())},
    }


def key_of(actor: str) -> SigningKey:
    return rsa_signing_key(f"{actor}#main-key", rsa_pem())


def asked(key: SigningKey, *, nonce: str = "1", shown: JsonObject | None = None) -> SignedRequest:
    whole = with_fields(GET, {INVITATION: invitation_field(shown)} if shown else {})
    return with_fields(whole, sign_once(whole, key, nonce=nonce, now=NOW))


async def read(request: SignedRequest, replay: Replays | None = None) -> VerifiedPod | VerifiedHolder | None:
    return await receive_reader(
        request, POLICY, KnownKeys(fetch, KeyShelf()), SeenOnce() if replay is None else replay, now=NOW
    )


async def test_who_does_not_sign_is_nobody() -> None:
    assert await read(GET) is None


async def test_the_pods_own_key_proves_the_pod() -> None:
    reader = await read(asked(key_of(POD)))
    assert isinstance(reader, VerifiedPod)
    assert reader.actor == POD


@pytest.mark.parametrize("actor", [ALICE, f"{POD}/", f"{POD}s", f"{POD}?u=alice"])
async def test_no_other_actor_speaks_for_its_pod(actor: str) -> None:
    with pytest.raises(KeyOwnerError):
        await read(asked(key_of(actor)))


async def test_a_did_key_proves_its_holder_and_the_invitation_comes_with_it() -> None:
    reader = await read(asked(HOLDER, shown={"type": "Invitation"}))
    assert isinstance(reader, VerifiedHolder)
    assert (reader.key, reader.invitation) == (LINK.did, {"type": "Invitation"})


async def test_an_invitation_that_is_not_covered_is_not_shown() -> None:
    reader = await read(with_fields(asked(HOLDER), {INVITATION: invitation_field({"type": "Invitation"})}))
    assert isinstance(reader, VerifiedHolder)
    assert reader.invitation is None


async def test_a_signature_is_taken_once_and_a_nonce_makes_it_another() -> None:
    replay = SeenOnce()
    for key in (key_of(POD), HOLDER):
        await read(asked(key), replay)
        await read(asked(key, nonce="2"), replay)
        with pytest.raises(ReplayedSignatureError):
            await read(asked(key), replay)


async def test_keys_of_no_kind_and_of_ours_are_refused() -> None:
    sign = rsa_keys()[0].sign
    with pytest.raises(UnsuitableKeyError):
        await read(asked(SigningKey("did:key:z6MkNoKey", "ed25519", sign)))
    with pytest.raises(KeyOwnerError):
        await read(asked(SigningKey(f"https://{HOST}/actor#main-key", "rsa", sign)))
    with pytest.raises(MalformedSignatureError):
        await read(asked(SigningKey("acct:alice@pod.example", "rsa", sign)))


@pytest.mark.parametrize("kind", [VerifiedPod, VerifiedHolder])
def test_nobody_else_makes_a_reader(kind: type) -> None:
    with pytest.raises(TypeError, match=r"Only federation\.readers"):
        kind(ALICE, "", object()) if kind is VerifiedPod else kind(LINK.did, None, object())
