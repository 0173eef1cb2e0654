"""API-06: how other software finds a pod: documents that fit their schemas and lead to each other."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ET
from typing import Any

import jsonschema_rs
import pytest

from models.pod.settings import Settings, save_settings
from pod.config import load_config
from pod.parts import open_parts
from tests.support.browsing import Browser
from tests.support.rig import ServedPod, call

# The members that the published schemas of NodeInfo 2.0 and 2.1 require, and the types they give them.
TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
NODE = {
    "type": "object",
    "required": ["version", "software", "protocols", "services", "openRegistrations", "usage", "metadata"],
    "additionalProperties": False,
    "properties": {
        "version": {"enum": ["2.0", "2.1"]},
        "software": {
            "type": "object",
            "required": ["name", "version"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string", "pattern": "^[a-z0-9-]+$"},
                "version": TEXT,
                "repository": TEXT,
                "homepage": TEXT,
            },
        },
        "protocols": {"type": "array", "minItems": 1, "items": {"enum": ["activitypub"]}},
        "services": {
            "type": "object",
            "required": ["inbound", "outbound"],
            "properties": {"inbound": {"type": "array"}, "outbound": {"type": "array"}},
        },
        "openRegistrations": {"type": "boolean"},
        "usage": {
            "type": "object",
            "required": ["users"],
            "additionalProperties": False,
            "properties": {
                "users": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"total": COUNT, "activeHalfyear": COUNT, "activeMonth": COUNT},
                },
                "localPosts": COUNT,
                "localComments": COUNT,
            },
        },
        "metadata": {"type": "object"},
    },
}
DESCRIPTOR = {
    "type": "object",
    "required": ["subject", "links"],
    "properties": {
        "subject": {"type": "string", "pattern": "^(acct:|https?://)"},
        "links": {"type": "array", "items": {"type": "object", "required": ["rel"], "properties": {"href": TEXT}}},
    },
}


@pytest.fixture(scope="module")
def served(pod: ServedPod) -> ServedPod:
    pod.sign_up("ada")
    pod.start()
    return pod


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_api_06_nodeinfo_fits_its_schema(served: ServedPod, version: str) -> None:
    links = call("GET", f"{served.door}/.well-known/nodeinfo")["links"]
    (href,) = [link["href"] for link in links if link["rel"].endswith(f"/{version}")]
    document = call("GET", href)
    jsonschema_rs.validate(NODE, document)
    assert document["version"] == version


def test_api_06_nodeinfo_tells_what_the_admins_chose(served: ServedPod) -> None:
    async def choose(**chosen: Any) -> None:
        async with open_parts(load_config(served.folder / "pod.toml")) as deps:
            await deps.store.write(lambda session: save_settings(session, Settings(**chosen), now=deps.clock()))

    asyncio.run(choose(name="Lower Wells", registration="open"))
    told = call("GET", f"{served.door}/nodeinfo/2.1")
    assert (told["openRegistrations"], told["metadata"]) == (True, {"nodeName": "Lower Wells"})
    asyncio.run(choose(registration="approval"))
    assert not call("GET", f"{served.door}/nodeinfo/2.1")["openRegistrations"]


def test_api_06_webfinger_is_found_by_host_meta_and_fits_its_schema(served: ServedPod) -> None:
    answer = Browser(served).get("/.well-known/host-meta", Accept="*/*")
    assert answer.headers["Content-Type"].startswith("application/xrd+xml")
    (link,) = [entry for entry in ET.fromstring(answer.text) if entry.get("rel") == "lrdd"]
    template = link.get("template") or ""
    host = served.url.removeprefix("http://")
    descriptor = call("GET", template.replace("{uri}", f"acct:ada@{host}"))
    jsonschema_rs.validate(DESCRIPTOR, descriptor)
    assert {"rel": "self", "type": "application/activity+json", "href": f"{served.url}/u/ada"} in descriptor["links"]
