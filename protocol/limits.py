"""Every bound that two pods must share, each with its reason; a pod's own policies live elsewhere."""

from typing import Final

# Beyond 2^53 - 1 a JSON number no longer survives a double, and RFC 8785 is defined through doubles.
MAX_INTEGER: Final = 2**53 - 1

# Records (protocol §1.1). Sizes are of canonical bytes.
MAX_RECORD_BYTES: Final = 64 * 1024  # a long article fits; a thousand of them still fit in memory
MAX_RECORD_DEPTH: Final = 8  # objects and lists inside each other, the record itself counted
MAX_OPERATION_BYTES: Final = 8 * 1024  # 64 of them fill a seal
MAX_COSIGNED_OPERATION_BYTES: Final = 32 * 1024  # fifty signatures need room
MAX_ITEM_BYTES: Final = 512 * 1024  # a seal with 64 full operations
MAX_ITEM_DEPTH: Final = 12  # item > operation > invitation > proof, with slack
MAX_RECORD_MEMBERS: Final = 10_000  # proofs apart; no pod ever took an activity with more, its record included
MAX_ITEM_MEMBERS: Final = 50_000  # 64 operations of everyday use have 4,000; two such items still fit a page
MAX_PARAGRAPHS: Final = 500  # per record, also of adds and of marks: bounds the reading-order walk
MAX_ATTACHMENTS: Final = 16
MAX_PROOFS: Final = 128  # 32 KiB hold about a hundred; bounds the signature checks per record

# Texts. Characters, not bytes; the record's own size binds as well.
MAX_NAME_LENGTH: Final = 200  # of a group, an area, a capability, a public subject
MAX_DESCRIPTION_LENGTH: Final = 10_000
MAX_URL_LENGTH: Final = 2048  # what other software accepts
MAX_AREAS: Final = 500

# Quantities (protocol §1.6).
MAX_WEIGHT: Final = 10**9  # thousandths; weight x vote x members stays far below 2^63
MAX_VOTE: Final = 1000  # thousandths; -1000 ... 1000
MAX_DEFAULT_SCORE: Final = 10**12  # micro units: a full vote of the heaviest member

# The chain (protocol §3).
MAX_OPERATIONS_PER_SEAL: Final = 64
MAX_ACKS_PER_ITEM: Final = 64  # seven keepers, a few sets and terms, with slack
MAX_INVITATION_USES: Final = 10_000
MAX_PUBLISH_SIGNERS: Final = 50  # beyond that a group can't ask everybody; it must be public from the start
TERMS_PER_EPOCH: Final = 2**32  # a recovery takes the next multiple, so no pod can outrank it
MAX_TERM_STEP: Final = 1024  # a hostile proposal can't exhaust the terms of an epoch
MIN_HANDOVER_GAP_MS: Final = 60 * 1000  # a keeper signs at most one handover a minute
MAX_CLOCK_LEAD_MS: Final = 2 * 60 * 1000  # how far an item's `at` may run ahead of a keeper's clock
MAX_RECEIPT_MS: Final = 60 * 1000  # the longest promise a steward may give
MAX_GUEST_VOTES_PER_HOST: Final = 100  # times others_weight: one foreign server can't drown a group

# What waits for the log, of one author in one group, at one pod. These bind pending records alone: what the log holds
# is fetched by all, so two pods that counted differently hold the same in the end.
MAX_PENDING_RECORDS: Final = 5000
MAX_PENDING_BYTES: Final = 4 * 1024 * 1024  # sixty records of the largest size, or a thousand of everyday's

# Decisions.
MAX_OPTIONS: Final = 100  # two digits name each; nobody compares more
MAX_TERMS: Final = 20  # a condition that names more proposals is read by nobody
MAX_DELEGATES: Final = 5  # a fifth choice is hardly ever reached, and each one costs every count
MAX_PHASE_MS: Final = 2 * 366 * 24 * 3600 * 1000  # two years: a phase that never ends is no decision

# Keys (protocol §2).
RECOVERY_KEYS: Final = 64  # derived at sign-up, then the recovery seed is forgotten
FEW_RECOVERY_KEYS: Final = 8  # below this the person is asked for the phrase
MAX_LOADED_KEYS: Final = 16_384  # loaded public keys kept in memory: decoding one costs a tenth of a verification

# Copies of accounts (portability §1, ADR 0065).
MAX_LINE_BYTES: Final = 640 * 1024  # an item of a chain with all its proofs, and what surrounds it
MAX_LINE_KEY: Final = MAX_URL_LENGTH + 200  # characters; the longest names an actor of another server
MAX_BOX_BYTES: Final = 1024 * 1024  # what a sealed box holds
MAX_LINES: Final = 1_000_000  # in a class: nobody who writes by hand comes near

# Documents of other software (federation §2.31).
MAX_DOCUMENT_BYTES: Final = 1024 * 1024
MAX_DOCUMENT_DEPTH: Final = 32  # parsers give up by recursion not far above
MAX_JSON_MEMBERS: Final = 10_000  # object members and list entries together
