from copy import deepcopy
from itertools import permutations
from typing import Any

import base58
import pytest

from protocol import proofs
from protocol.canonical import JsonObject
from protocol.errors import BadProofError, MalformedError, UnknownSuiteError
from protocol.ids import digest_of
from protocol.keys import PrivateKey, did_of, parse_did
from protocol.limits import MAX_PROOFS
from protocol.proofs import (
    add_proof,
    check_document,
    merge_proofs,
    proof_keys,
    sign,
    sign_document,
    signers,
    signers_of,
    signers_of_digest,
)
from protocol.rules.proofs import ProofRule
from tests.support.folders import read_vectors

RECORDS = read_vectors("records.json")["records"]
ADA, BO, CY = (PrivateKey.from_seed(bytes([number]) * 32) for number in (11, 12, 13))
NOTE: JsonObject = {"type": "Note", "rules": 1, "text": "dry well"}


def by_method(*keys: PrivateKey) -> tuple[str, ...]:
    return tuple(sorted(key.did for key in keys))


def with_proof(**changes: Any) -> JsonObject:
    """A well signed note, whose proof then has other members; None drops one."""
    record = sign(NOTE, ADA)
    proof = {name: value for name, value in {**record["proof"], **changes}.items() if value is not None}
    return {**record, "proof": proof}


@pytest.mark.parametrize("vector", RECORDS, ids=lambda vector: vector["name"])
def test_proofs_of_the_vectors_verify(vector: dict[str, Any]) -> None:
    proof = vector["record"]["proof"]
    named = proof if isinstance(proof, list) else [proof]
    expected = tuple(one["verificationMethod"].split("#")[0] for one in named)

    assert signers(vector["record"]) == expected
    assert signers_of(vector["canonical"].encode(), proof) == expected
    assert signers_of_digest(digest_of(vector["id"]), proof) == expected
    assert proof_keys(vector["record"]) == expected


@pytest.mark.parametrize("vector", RECORDS, ids=lambda vector: vector["name"])
def test_a_proof_of_the_vectors_fits_no_other_record(vector: dict[str, Any]) -> None:
    with pytest.raises(BadProofError):
        signers({**vector["record"], "rules": 2})


@pytest.mark.parametrize("name", ["Seal 1", "Seal 2", "Ack by keeper 1", "Receipt"])
def test_signing_again_gives_the_record_of_the_vectors(name: str) -> None:
    (record,) = [vector["record"] for vector in RECORDS if vector["name"] == name]
    unsigned = {member: value for member, value in record.items() if member != "proof"}

    assert sign(unsigned, PrivateKey.from_seed(b"\x01" * 32)) == record


def test_one_key_gives_an_object_and_several_a_sorted_list() -> None:
    assert isinstance(sign(NOTE, ADA)["proof"], dict)
    assert isinstance(sign(NOTE, ADA, as_list=True)["proof"], list)
    for keys in permutations((ADA, BO, CY)):
        assert signers(sign(NOTE, *keys)) == by_method(ADA, BO, CY)


def test_signing_leaves_the_record_itself_as_it_was() -> None:
    unsigned = deepcopy(NOTE)
    signed = sign(unsigned, ADA)
    add_proof(signed, BO)

    assert unsigned == NOTE
    assert signers(signed) == (ADA.did,)


def test_signing_what_is_signed_or_with_nobody_is_a_bug() -> None:
    with pytest.raises(ValueError, match="add_proof"):
        sign(sign(NOTE, ADA), BO)
    with pytest.raises(ValueError, match="at least one"):
        sign(NOTE)


def test_what_no_record_may_hold_is_not_signed() -> None:
    with pytest.raises(MalformedError):
        sign({**NOTE, "weight": 0.5}, ADA)


def test_cosigning_gives_what_signing_together_gives() -> None:
    assert add_proof(add_proof(sign(NOTE, CY), ADA), BO) == sign(NOTE, ADA, BO, CY)
    assert add_proof(add_proof(NOTE, BO), ADA) == sign(NOTE, ADA, BO)


def test_lists_of_one_record_merge_by_union() -> None:
    one, two = sign(NOTE, ADA, BO)["proof"], sign(NOTE, BO, CY)["proof"]

    assert merge_proofs(one, two) == merge_proofs(two, one) == sign(NOTE, ADA, BO, CY)["proof"]
    assert merge_proofs(sign(NOTE, ADA)["proof"], one) == one


def test_of_two_proofs_by_one_key_the_lower_stays_in_any_order() -> None:
    proof = sign(NOTE, ADA)["proof"]
    lower = {**proof, "proofValue": "z1"}

    assert merge_proofs(proof, lower) == merge_proofs([lower], proof) == [lower]


METHOD = sign(NOTE, ADA)["proof"]["verificationMethod"]
VALUE = sign(NOTE, ADA)["proof"]["proofValue"]


@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in ("type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue")),
        {"created": "2026-01-01T00:00:00Z"},
        {"@context": "https://w3id.org/security/data-integrity/v2"},
        {"type": "Ed25519Signature2020"},
        {"proofPurpose": "authentication"},
        {"proofPurpose": ["assertionMethod"]},
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"cryptosuite": ["eddsa-jcs-2022"]},
        {"verificationMethod": 7},
        {"verificationMethod": ADA.did},
        {"verificationMethod": f"{ADA.did}#"},
        {"verificationMethod": f"{METHOD}#{METHOD}"},
        {"verificationMethod": f"{ADA.did}#{BO.did.removeprefix('did:key:')}"},
        {"verificationMethod": f"{BO.did}#{BO.did.removeprefix('did:key:')}"},
        {"verificationMethod": "https://a.example/u/ada#main-key"},
        {"proofValue": 7},
        {"proofValue": ""},
        {"proofValue": VALUE[1:]},
        {"proofValue": f"{VALUE} "},
        {"proofValue": f"{VALUE}\n"},
        {"proofValue": f"z1{VALUE[1:]}"},
        {"proofValue": f"m{VALUE[1:]}"},
        {"proofValue": "z" + "0" * 88},
        {"proofValue": "z" + "z" * 88},
        {"proofValue": f"z{base58.b58encode(bytes(64)).decode()}"},
        {"proofValue": f"z{base58.b58encode(b'a' * 63).decode()}"},
        {"proofValue": f"z{base58.b58encode(BO.sign(b'')).decode()}"},
    ],
    ids=ascii,
)
def test_a_proof_of_any_other_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadProofError):
        signers(with_proof(**changes))


@pytest.mark.parametrize("proof", [None, [], "z6Mk", 7, [None], [[]], {}], ids=ascii)
def test_a_record_without_a_proof_is_refused(proof: object) -> None:
    with pytest.raises(BadProofError):
        signers({**NOTE, "proof": proof})
    with pytest.raises(BadProofError):
        signers(NOTE)


def test_another_suite_has_a_code_of_its_own() -> None:
    with pytest.raises(UnknownSuiteError) as refusal:
        signers(with_proof(cryptosuite="ecdsa-jcs-2019"))
    assert refusal.value.code == "unknown_suite"


def test_a_list_out_of_order_or_with_repeats_is_refused() -> None:
    record = sign(NOTE, ADA, BO)
    first, second = record["proof"]

    for proof in ([second, first], [first, first], [first, first, second]):
        with pytest.raises(BadProofError) as refusal:
            signers({**record, "proof": proof})
        assert refusal.value.refused.rule is ProofRule.PROOF_ORDER


def test_one_bad_proof_among_good_ones_refuses_the_record() -> None:
    record = sign(NOTE, ADA, BO, CY)
    for place in range(3):
        proofs = deepcopy(record["proof"])
        proofs[place]["proofValue"] = proofs[place - 1]["proofValue"]
        with pytest.raises(BadProofError):
            signers({**record, "proof": proofs})


def test_the_number_of_proofs_is_bounded_before_any_is_checked() -> None:
    record = sign(NOTE, ADA)
    crowd = [
        {**record["proof"], "verificationMethod": f"{did}#{did.removeprefix('did:key:')}"}
        for did in sorted(did_of(bytes([9, number]) + bytes(30)) for number in range(MAX_PROOFS + 1))
    ]

    with pytest.raises(BadProofError) as refusal:
        signers({**record, "proof": crowd})
    assert refusal.value.refused == ProofRule.PROOF_COUNT.refused(most=MAX_PROOFS)


def test_documents_of_fep_8b32_and_w3c_verify() -> None:
    for case in read_vectors("fep-8b32-eddsa-jcs-2022.json")["cases"]:
        check_document(case["signed"], parse_did("did:key:" + case["key"]["publicKeyMultibase"]))


def test_changed_documents_of_fep_8b32_are_refused() -> None:
    cases = read_vectors("fep-8b32-eddsa-jcs-2022.json")
    key = parse_did("did:key:" + cases["cases"][1]["key"]["publicKeyMultibase"])

    assert cases["negative"]
    for case in cases["negative"]:
        with pytest.raises(BadProofError):
            check_document(case["signed"], key)


def test_identity_statements_verify_under_the_did_they_name() -> None:
    statements = read_vectors("identity-statements.json")

    for name in ("statement_old", "statement_new", "move_pull_mode"):
        check_document(statements[name], parse_did(statements["did"]))
        with pytest.raises(BadProofError):
            check_document(statements[name], ADA.did)


DOCUMENT: JsonObject = {
    "@context": ["https://www.w3.org/ns/activitystreams"],
    "type": "Note",
    "latitude": 25.5,
    "é": None,
}


def signed_document() -> JsonObject:
    return sign_document(DOCUMENT, ADA, method="https://a.example/u/ada#key", created="2026-01-01T00:00:00Z")


def test_a_signed_document_verifies_and_carries_its_context_in_the_proof() -> None:
    document = signed_document()

    check_document(document, ADA.did)
    assert document["proof"]["@context"] == DOCUMENT["@context"]


@pytest.mark.parametrize(
    "proof",
    [
        None,
        [],
        {**signed_document()["proof"], "proofPurpose": "authentication"},
        {**signed_document()["proof"], "created": "2026-01-01T00:00:01Z"},
        {**signed_document()["proof"], "@context": []},
        {**signed_document()["proof"], "cryptosuite": "eddsa-rdfc-2022"},
        {**signed_document()["proof"], "proofValue": "z"},
    ],
    ids=["none", "list", "purpose", "created", "context", "suite", "value"],
)
def test_a_document_with_another_proof_is_refused(proof: object) -> None:
    with pytest.raises(BadProofError):
        check_document({**signed_document(), "proof": proof}, ADA.did)


@pytest.mark.parametrize(
    "changes",
    [{"@context": ["https://evil.example/ns"]}, {"proofPurpose": "authentication"}, {"type": "Other"}],
    ids=["another context", "another purpose", "another type"],
)
def test_a_good_signature_over_another_meaning_is_refused(changes: JsonObject) -> None:
    """The signer itself wrote the proof otherwise: only the rule, not the signature, tells."""
    config = {**signed_document()["proof"], **changes}
    signature = ADA.sign(proofs._document_message({**DOCUMENT, "proof": config}))
    proof = {**config, "proofValue": proofs._written(signature)}

    with pytest.raises(BadProofError) as refusal:
        check_document({**DOCUMENT, "proof": proof}, ADA.did)
    assert refusal.value.refused.rule in {ProofRule.PROOF_CONTEXT, ProofRule.DOCUMENT_PROOF}


def test_a_document_that_was_changed_is_refused() -> None:
    with pytest.raises(BadProofError):
        check_document({**signed_document(), "to": ["https://b.example/u/bo"]}, ADA.did)
    with pytest.raises(BadProofError):
        check_document(signed_document(), BO.did)


def test_a_document_without_canonical_form_is_refused() -> None:
    with pytest.raises(MalformedError):
        check_document({**signed_document(), "n": 2**53}, ADA.did)
