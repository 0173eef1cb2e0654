"""API-01: what fits the OpenAPI document, and what doesn't, is answered as it says, and never by a fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pod.api.openapi import openapi_of
from pod.app import make_routes
from tests.support.rig import Person, ServedPod, eventually

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# A pull or a join asks another pod, which tests don't; revoking tokens would end the test's own.
PHASES = [Phase.generate]
LONGEST_LINE = 6000
ELSEWHERE = {"/api/v1/groups/{group}/pulls", "/api/v1/joins", "/api/v1/recoveries", "/api/v1/me/tokens/{name}"}


def openapi_document() -> dict[str, Any]:
    app = web.Application()
    make_routes(app)
    return openapi_of(app)


SCHEMA = schemathesis.openapi.from_dict(openapi_document())
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations()]  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def ada(pod: ServedPod) -> Person:
    person = pod.sign_up("ada")
    pod.start()
    return person


@pytest.fixture(scope="module")
def known(ada: Person) -> Iterator[dict[str, str]]:
    """Ids that lead somewhere, so that not every call ends at the first guard."""
    group = ada.post("/api/v1/groups", {"name": "Council"})["group"]
    body = {"kind": "note", "paragraphs": [{"style": "text", "text": "Hello."}]}
    post = ada.post(f"/api/v1/groups/{group}/posts", body)["record"]
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["log"]["size"] == 2)
    yield {"group": group, "post": post, "record": post}
    assert ada.get("/healthz")["status"] == "ok"


def spoilable(operation: Any) -> bool:
    """Whether anything about the call can be wrong: any text is a name."""
    definition = operation.definition.raw
    free: tuple[Any, ...] = ({"type": "string"}, {})
    return "requestBody" in definition or any(one["schema"] not in free for one in definition["parameters"])


CASES = [
    pytest.param(operation, mode, id=f"{word} {operation.method} {operation.path}")
    for operation in OPERATIONS
    if operation.path not in ELSEWHERE
    for word, mode in (("sound", GenerationMode.POSITIVE), ("spoiled", GenerationMode.NEGATIVE))
    if mode is GenerationMode.POSITIVE or spoilable(operation)
]


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_api_01_every_call_is_answered_as_the_document_says(
    ada: Person, known: dict[str, str], operation: Any, mode: GenerationMode
) -> None:
    headers = {"Authorization": f"Bearer {ada.account['token']}"}

    @seed(1)
    @settings(max_examples=8, deadline=None, database=None, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            case.path_parameters |= {name: known[name] for name in case.path_parameters if name in known}
        # Longer request lines are refused before they reach the pod's code.
        assume(len(case.as_curl_command()) < LONGEST_LINE)
        answer = case.call(base_url=ada.pod.door, headers=headers, timeout=20, allow_redirects=False)
        case.validate_response(answer, checks=CHECKS)

    asked()


def test_api_01_the_checks_find_a_document_that_lies(ada: Person) -> None:
    document = openapi_document()
    answer = document["paths"]["/healthz"]["get"]["responses"]["200"]["content"]["application/json"]
    answer["schema"] = {"type": "object", "required": ["weather"]}
    lying = schemathesis.openapi.from_dict(document)["/healthz"]["GET"]
    with pytest.raises(BaseExceptionGroup, match="1 distinct failure"):
        lying.Case().call_and_validate(base_url=ada.pod.door, checks=CHECKS)
