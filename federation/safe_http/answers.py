"""What comes back through the door: small frozen values, never a library's response."""

import msgspec

from protocol.canonical import JsonObject


class Answer(msgspec.Struct, frozen=True):
    """A delivery was taken (2xx); the body is decoded, empty when it was too long or broken."""

    status: int
    content_type: str
    body: bytes


class Download(msgspec.Struct, frozen=True):
    """A body of the demanded type, decoded and within its limit, and the URL that gave it."""

    url: str
    content_type: str
    body: bytes


class Document(msgspec.Struct, frozen=True):
    """An ActivityPub document: the URL that gave it, its text as it came, and the text read."""

    url: str
    raw: bytes
    content: JsonObject
