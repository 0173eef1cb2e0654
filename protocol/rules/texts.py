"""What no record's text may be: rules of canonical bytes, ids and keys. Engineers read these sentences."""

from __future__ import annotations

from protocol.errors import MalformedError, Rule, TooLargeError


class TextRule(Rule):
    """What no record's text may be."""

    TEXT_TOO_LONG = (TooLargeError, "The text is longer than %(most)s bytes.")
    TOO_MANY_MEMBERS = (TooLargeError, "The text has more than %(most)s members.")
    LONG_EXPONENT = (MalformedError, "A number's exponent has more than two digits.")
    LARGE_INTEGER = (MalformedError, "An integer lies beyond 2^53 - 1.")
    FOREIGN_NAME = (MalformedError, "The names of a record's members are ASCII.")
    NUL_IN_STRING = (MalformedError, "A string holds NUL.")
    NAME_TWICE = (MalformedError, "The same name stands twice in one object.")
    NOT_CANONICAL = (MalformedError, "The document has no canonical form.")
    RECORD_TOO_DEEP = (TooLargeError, "A record nests deeper than %(most)s levels.")
    TEXT_TOO_DEEP = (TooLargeError, "The text nests deeper than %(most)s levels.")
    NOT_JSON = (MalformedError, "The text isn't JSON in UTF-8.")
    NAME_NOT_TEXT = (MalformedError, "A member's name isn't a string.")
    FORBIDDEN_CODE_POINT = (MalformedError, "A string holds a code point that I-JSON forbids.")
    FOREIGN_KIND = (MalformedError, "A record holds no %(kind)s.")
    NOT_AN_ID = (MalformedError, "A record's id is a CIDv1 of codec json with sha2-256, in base32.")
    NOT_A_DID = (MalformedError, "A key is written as did:key:z6Mk….")
    NOT_ED25519 = (MalformedError, "The did:key isn't an Ed25519 key of 32 bytes.")
    UNSOUND_DID = (MalformedError, "The did:key has a small order or isn't canonical.")
