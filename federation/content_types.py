"""Which answers count as ActivityPub, JSON or an image: the Content-Type field decides, never the body.

Federation §2.6: a server that stores uploads can be made to serve any body, but hardly under these types.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

AS2_PROFILE: Final = "https://www.w3.org/ns/activitystreams"
ACTIVITY_JSON: Final = "application/activity+json"
ACCEPT_AS2: Final = f'{ACTIVITY_JSON}, application/ld+json; profile="{AS2_PROFILE}"'
JRD_JSON: Final = "application/jrd+json"
PLAIN_JSON: Final = "application/json"
XRD_XML: Final = "application/xrd+xml"
MAX_LENGTH: Final = 512  # of a field; an honest one has about 90 characters

_WORD: Final = r"[A-Za-z0-9!#$&^_.+-]+"
_TYPE: Final = re.compile(rf"({_WORD}/{_WORD})((?:[ \t]*;[ \t]*{_WORD}=(?:{_WORD}|\"[^\"\\]*\"))*)[ \t]*;?")
_RANK: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_PARAMETER: Final = re.compile(rf';[ \t]*({_WORD})=(?:"([^"\\]*)"|({_WORD}))')


class ContentType(NamedTuple):
    """A media type in lower case and its parameters by lower-case name."""

    essence: str
    parameters: dict[str, str]


def parse_content_type(field: str) -> ContentType | None:
    """Read a Content-Type field; None when it isn't exactly one media type with each parameter once."""
    matched = _TYPE.fullmatch(field) if len(field) <= MAX_LENGTH else None
    if matched is None:
        return None
    found = [(name.lower(), quoted or plain) for name, quoted, plain in _PARAMETER.findall(matched.group(2))]
    parameters = dict(found)
    return ContentType(matched.group(1).lower(), parameters) if len(parameters) == len(found) else None


def is_as2(field: str) -> bool:
    """Whether a document under this Content-Type is ActivityPub."""
    read = parse_content_type(field)
    if read is None:
        return False
    if read.essence == ACTIVITY_JSON:
        return True
    return read.essence == "application/ld+json" and AS2_PROFILE in read.parameters.get("profile", "").split(" ")


def is_one_of(field: str, essences: frozenset[str]) -> bool:
    """Whether the media type is among these; its parameters don't matter."""
    read = parse_content_type(field)
    return read is not None and read.essence in essences


@lru_cache(maxsize=256)
def prefers_page(accept: str) -> bool:
    """Whether an Accept field prefers text/html to every JSON type that this pod serves, as a browser's does."""
    if len(accept) > MAX_LENGTH:
        return False
    ranks = dict.fromkeys(("text/html", ACTIVITY_JSON, "application/ld+json", PLAIN_JSON), 0.0)
    for choice in accept.split(","):
        essence, *parameters = (part.strip().lower() for part in choice.split(";"))
        if essence in ranks:
            ranks[essence] = max(ranks[essence], _rank_of(parameters))
    return ranks.pop("text/html") > max(ranks.values())


def _rank_of(parameters: list[str]) -> float:
    """The q value of a choice in an Accept field; 1 if it has none, 0 if it is malformed."""
    named = [parameter.removeprefix("q=") for parameter in parameters if parameter.startswith("q=")]
    return float(named[0]) if named and _RANK.fullmatch(named[0]) else float(not named)
