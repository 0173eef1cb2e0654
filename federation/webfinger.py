"""WebFinger (RFC 7033): whose handle this is, with the members that every known server needs and no others.

Rules of this file (federation §1.1, §2.2):

1. A resource is `acct:name@host` or an https URL. Anything else is malformed; what isn't ours is unknown.
2. `self` is answered under application/activity+json; the ld+json form is accepted as well.
3. A descriptor is believed only where its `self` link equals the actor id verbatim; `may_show` says so.
4. People and groups share one namespace of names per host.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import msgspec
from yarl import URL

from federation.addresses import normal_authority, parse_url
from federation.content_types import ACTIVITY_JSON, is_as2
from federation.errors import UnsafeAddressError
from federation.rules.documents import DocumentRule
from protocol.canonical import Json, JsonObject

PROFILE_PAGE: Final = "http://webfinger.net/rel/profile-page"
SUBSCRIBE: Final = "http://ostatus.org/schema/1.0/subscribe"
SERVICE: Final = "https://www.w3.org/ns/activitystreams#Service"
MAX_NAME_LENGTH: Final = 128
MAX_LINKS: Final = 64

_ACCT: Final = re.compile(r"(?:acct:)?@?([^@/?#\s:]+)@([^@/?#\s]+)", re.IGNORECASE)
_NAME: Final = re.compile(r"[\w.~!$&'()*+,;=%-]+")


class Handle(msgspec.Struct, frozen=True):
    """`name@host`: the name as written, the host normalised (with its port when it has one)."""

    name: str
    host: str

    def __str__(self) -> str:
        return f"{self.name}@{self.host}"


class Descriptor(msgspec.Struct, frozen=True):
    """What a server says of a resource: its canonical handle, if there is one, and its actors' ids."""

    subject: str
    handle: Handle | None
    actors: tuple[str, ...]

    def may_show(self, handle: Handle, actor: str) -> bool:
        """Whether this handle may be shown for this actor: the descriptor must name both, the actor verbatim."""
        return self.handle == handle and actor in self.actors


def parse_handle(text: str) -> Handle:
    """Read `acct:name@host`, `@name@host` or `name@host`."""
    matched = _ACCT.fullmatch(text) if len(text) <= MAX_NAME_LENGTH + 260 else None
    if matched is None or len(matched.group(1)) > MAX_NAME_LENGTH or not _NAME.fullmatch(matched.group(1)):
        raise DocumentRule.NO_HANDLE.error()
    return Handle(matched.group(1), _authority(matched.group(2)))


def parse_resource(text: str) -> Handle | URL:
    """Parse the `resource` of a WebFinger request to this pod."""
    if text[:5].lower() == "acct:":
        return parse_handle(text)
    try:
        return parse_url(text)
    except UnsafeAddressError as error:
        raise DocumentRule.NO_RESOURCE.error() from error


def question(host: str, resource: str) -> str:
    """The URL with which to ask `host` about `resource`."""
    return str(URL.build(scheme="https", authority=host, path="/.well-known/webfinger", query={"resource": resource}))


def actor_descriptor(
    handle: Handle, actor: str, *, profile_page: str = "", subscribe: str = "", aliases: Sequence[str] = ()
) -> JsonObject:
    """Our descriptor of a person or group; `subscribe` is a URL template with {uri}. "" is left out."""
    links = [{"rel": "self", "type": ACTIVITY_JSON, "href": actor}]
    if profile_page:
        links.insert(0, {"rel": PROFILE_PAGE, "type": "text/html", "href": profile_page})
    if subscribe:
        links.append({"rel": SUBSCRIBE, "template": subscribe})
    return {"subject": f"acct:{handle}", "aliases": sorted({actor, profile_page or actor, *aliases}), "links": links}


def server_descriptor(base_url: str, server_actor: str) -> JsonObject:
    """Our descriptor of the pod itself (FEP-d556); `base_url` ends in a slash."""
    return {
        "subject": base_url,
        "links": [
            {"rel": "self", "type": ACTIVITY_JSON, "href": server_actor},
            {"rel": SERVICE, "type": ACTIVITY_JSON, "href": server_actor},
        ],
    }


def only_rels(descriptor: JsonObject, rels: Collection[str]) -> JsonObject:
    """The descriptor with only the links whose `rel` is in `rels`; all links if that is empty."""
    if not rels:
        return descriptor
    return {**descriptor, "links": [link for link in descriptor["links"] if link["rel"] in rels]}


def parse_descriptor(document: Json) -> Descriptor:
    """Parse another server's answer; unknown members and links are ignored."""
    if not isinstance(document, dict) or not isinstance(document.get("subject"), str):
        raise DocumentRule.NO_SUBJECT.error()
    subject: str = document["subject"]
    links = document.get("links", [])
    if not isinstance(links, list):
        raise DocumentRule.NO_LINKS.error()
    return Descriptor(
        subject=subject,
        handle=parse_handle(subject) if subject[:5].lower() == "acct:" else None,
        actors=tuple(_actors_in(links[:MAX_LINKS])),
    )


def host_meta(base_url: str) -> str:
    """The XRD with which old servers find WebFinger; `base_url` ends in a slash and needs no escaping."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template="{base_url}.well-known/webfinger?resource={{uri}}"/>\n'
        "</XRD>\n"
    )


def _actors_in(links: Iterable[Any]) -> Iterable[str]:
    for link in links:
        if not isinstance(link, dict) or link.get("rel") != "self":
            continue
        kind, href = link.get("type"), link.get("href")
        if isinstance(kind, str) and isinstance(href, str) and is_as2(kind):
            yield href


def _authority(text: str) -> str:
    try:
        return normal_authority(text, "https")
    except UnsafeAddressError as error:
        raise DocumentRule.HANDLE_HOST.error() from error
