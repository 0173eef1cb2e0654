"""What comes back through the door: small frozen values, never a library's response."""

import msgspec

from protocol.canonical import JsonObject


class Answer(msgspec.Struct, frozen=True):
    """The host took a delivery (2xx); the body is decoded, and empty if it was too long or broken."""

    status: int
    content_type: str
    body: bytes


class Download(msgspec.Struct, frozen=True):
    """A body of a wanted type, decoded and within its limit, and the URL that it came from."""

    url: str
    content_type: str
    body: bytes


class Document(msgspec.Struct, frozen=True):
    """An ActivityPub document: the URL that it came from, its text as received, and the parsed text."""

    url: str
    raw: bytes
    content: JsonObject
