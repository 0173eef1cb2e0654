"""NodeInfo 2.0 and 2.1: what this pod says of itself to statistics, without a number that could be false."""

from typing import Final, Literal

import msgspec

from protocol.canonical import JsonObject

Version = Literal["2.0", "2.1"]

SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema/"
APPLICATION: Final = "https://www.w3.org/ns/activitystreams#Application"


class Software(msgspec.Struct, frozen=True):
    """The program that serves; `name` consists of a-z, 0-9 and hyphen."""

    name: str
    version: str
    repository: str | None = None
    homepage: str | None = None


class Usage(msgspec.Struct, frozen=True):
    """Counts of people and posts; None if a count isn't known or not public, then it is left out."""

    users: int | None = None
    active_month: int | None = None
    active_half_year: int | None = None
    posts: int | None = None


def content_type(version: Version) -> str:
    return f'application/json; profile="{SCHEMA}{version}#"'


def discovery(base_url: str, server_actor: str) -> JsonObject:
    """/.well-known/nodeinfo, with the server's own actor (FEP-2677); `base_url` ends in a slash."""
    documents = [{"rel": f"{SCHEMA}{version}", "href": f"{base_url}nodeinfo/{version}"} for version in ("2.0", "2.1")]
    return {"links": [*documents, {"rel": APPLICATION, "href": server_actor}]}


def node_document(
    version: Version, software: Software, usage: Usage, *, open_registrations: bool, metadata: JsonObject
) -> JsonObject:
    """/nodeinfo/2.0 or /nodeinfo/2.1."""
    described = {"name": software.name, "version": software.version}
    if version == "2.1":
        described |= _known({"repository": software.repository, "homepage": software.homepage})
    users = {
        "total": usage.users,
        "activeMonth": usage.active_month,
        "activeHalfyear": usage.active_half_year,
    }
    return {
        "version": version,
        "software": described,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": open_registrations,
        "usage": {"users": _known(users), **_known({"localPosts": usage.posts})},
        "metadata": metadata,
    }


def _known(members: JsonObject) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}
