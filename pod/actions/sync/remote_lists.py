"""Another pod's lists, page by page; each request is signed by this pod, or by what opens a private group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from federation.content_types import PLAIN_JSON
from federation.errors import RemoteError
from federation.readers import INVITATION, invitation_field
from federation.signatures import SignedRequest, SigningKey, sign_once
from federation.signatures.keys import ed25519_signing_key
from pod.actions.fediverse.actors import POD, signing_key
from pod.clock import random_token
from pod.deps import Deps
from protocol.canonical import JsonObject, parse_json
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.keys import PrivateKey
from protocol.limits import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_DEPTH
from protocol.records.envelope import CHAIN_TYPES, Record, open_record
from protocol.records.erased import ErasedRecord, parse_erased

MOST_MEMBERS = 100_000  # of a page of records, which has more than an ordinary document


class Pass(msgspec.Struct, frozen=True):
    """What opens a private group to a pod that is nobody's home there yet.

    The key of an invitation, together with that, opens the chain; a member's recovery key everything.
    """

    key: PrivateKey
    invitation: JsonObject | None = None


class Source(msgspec.Struct, frozen=True):
    """A group at another pod, and by whose key it is asked for."""

    pod: str
    group: RecordId
    key: SigningKey
    invitation: JsonObject | None = None


async def source_of(deps: Deps, pod: str, group: RecordId, shown: Pass | None = None) -> Source:
    """The group at `pod`, asked for by this pod or by the pass that it shows. Never call it inside a write action."""
    if shown is not None:
        return Source(pod, group, ed25519_signing_key(shown.key.did, shown.key), shown.invitation)
    return Source(pod, group, await signing_key(deps, f"{deps.identity.base_url}/{POD}"))


async def load_page(
    deps: Deps, source: Source, name: str, position: int, *, item: RecordId | None = None
) -> dict[str, Any]:
    """A page of the list `name` from `position` on; raises RemoteError, or the refusal of what isn't JSON of ours.

    `item`: of the log that it commits to.
    """

    def signed(request: SignedRequest) -> Mapping[str, str]:
        fields = {} if source.invitation is None else {INVITATION: invitation_field(source.invitation)}
        whole = msgspec.structs.replace(request, headers=(*request.headers, *fields.items()))
        return fields | sign_once(whole, source.key, nonce=random_token(), now=deps.clock())

    url = f"{source.pod}/groups/{parse_id(source.group)}/{name}?from={position}" + (f"&item={item}" if item else "")
    types = frozenset({PLAIN_JSON})
    download = await deps.outside.http.get_bytes(url, types=types, max_bytes=MAX_DOCUMENT_BYTES, sign=signed)
    answer = parse_json(
        download.body, max_bytes=MAX_DOCUMENT_BYTES, max_depth=MAX_DOCUMENT_DEPTH, max_members=MOST_MEMBERS
    )
    if not isinstance(answer, dict):
        raise RemoteError("The pod's answer isn't an object.", retry=False)
    return answer


def records_in(entries: object, group: RecordId) -> list[Record]:
    """Those of the entries that are records of the group; rubbish is passed over, what a peer lacks others have."""
    records = []
    for entry in entries if isinstance(entries, list) else []:
        try:
            record = open_record(entry)
        except RefusedError:
            continue
        if record.group == group:
            records.append(record)
    return records


def entries_in(entries: object, group: RecordId) -> list[Record | ErasedRecord]:
    """The entries of a log as far as they are records of the group, or the shapes of erased ones; in order, no gaps."""
    read: list[Record | ErasedRecord] = []
    for body in entries if isinstance(entries, list) else []:
        try:
            entry = parse_erased(body) if isinstance(body, dict) and "proof" not in body else open_record(body)
        except RefusedError:
            break
        if entry.group != group or (isinstance(entry, Record) and entry.type in CHAIN_TYPES):
            break
        read.append(entry)
    return read
