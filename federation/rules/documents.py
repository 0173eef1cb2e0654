"""What documents of other servers must be. Engineers read these sentences."""

from __future__ import annotations

from federation.errors import MalformedDocumentError
from protocol.errors import Rule


class DocumentRule(Rule):
    """What documents of other servers must be."""

    NO_ACTIVITY = (MalformedDocumentError, "An activity needs an `id` and an `actor`.")
    NO_INBOX = (MalformedDocumentError, "The actor names no inbox on its own server.")
    NO_JSON_OBJECT = (MalformedDocumentError, "The document isn't a JSON object.")
    REARRANGED = (MalformedDocumentError, "The document rearranges itself by @graph, @included or @reverse.")
    TWO_IDS = (MalformedDocumentError, "The document has two ids or two types side by side.")
    UNREADABLE = (MalformedDocumentError, "The document can't be read: %(why)s")
    LIVES_ELSEWHERE = (MalformedDocumentError, "The document doesn't live where its id says.")
    NO_HANDLE = (MalformedDocumentError, "A handle is written as name@host.")
    NO_SUBJECT = (MalformedDocumentError, "The WebFinger answer has no subject.")
    NO_LINKS = (MalformedDocumentError, "The links of the WebFinger answer aren't a list.")
    NO_RESOURCE = (MalformedDocumentError, "A resource is an acct: name or a URL.")
    HANDLE_HOST = (MalformedDocumentError, "Behind the @ of a handle stands a host, with its port if it has one.")
