"""Why a proof proves nothing. Engineers read these sentences."""

from __future__ import annotations

from protocol.errors import BadProofError, Rule, UnknownSuiteError


class ProofRule(Rule):
    """Why a proof proves nothing."""

    PROOF_COUNT = (BadProofError, "A record has 1 to %(most)s proofs.")
    PROOF_ORDER = (BadProofError, "Proofs are sorted by verificationMethod, without repeats.")
    PROOF_MEMBERS = (BadProofError, "A proof has exactly the members %(members)s.")
    PROOF_PURPOSE = (BadProofError, "A record's proof is a %(type)s for %(purpose)s.")
    FOREIGN_SUITE = (UnknownSuiteError, "The cryptosuite isn't one of: %(suites)s.")
    FOREIGN_METHOD = (BadProofError, "The verificationMethod doesn't name its own key after the #.")
    NOT_A_PROOF_VALUE = (BadProofError, "A proofValue is a signature in base58btc.")
    DOCUMENT_PROOF = (BadProofError, "A document's proof is one %(type)s for %(purpose)s.")
    FOREIGN_DOCUMENT_SUITE = (UnknownSuiteError, "The cryptosuite isn't %(suite)s.")
    PROOF_CONTEXT = (BadProofError, "The proof's @context isn't the document's.")
    DOCUMENT_SIGNATURE = (BadProofError, "The signature of %(key)s doesn't fit the document.")
    RECORD_SIGNATURE = (BadProofError, "The signature of %(key)s doesn't fit the record.")
    SIGNER_NOT_A_DID = (BadProofError, "A record is signed by a did:key.")
