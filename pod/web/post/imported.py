"""What the page of an imported post says of where it was before: a claim of whoever brought it, and no more."""

from __future__ import annotations

import msgspec
from yarl import URL

from federation.addresses import parse_url
from federation.errors import UnsafeAddressError
from pod.actions.reading.post.cards import origin_of
from pod.actions.reading.post.text import VisiblePost
from pod.translations import Translator


class ImportedView(msgspec.Struct, frozen=True):
    """`mark`: that it was imported; `old`, `href`: its old address, if it had one; `written`: by whom, in others' past.

    `proven`: the account elsewhere that named its author;
    `warning`: what its author set before the text; then the text is shown on request.
    """

    mark: str
    old: str
    href: str
    written: str
    proven: str
    warning: str


def imported_view(say: Translator, reading: VisiblePost, proven: str) -> ImportedView | None:
    """What is said of it; None for a post that was written here, or that this pod withholds. `proven`: of whom."""
    origin = origin_of(reading.card)
    if origin is None:
        return None
    old = _page_of(origin.url)
    return ImportedView(
        mark=say("Imported, not signed by its old server"),
        old=say("Its old page at %(host)s", host=old.host or "") if old else "",
        href=str(old) if old else "",
        written=say("The file names %(name)s as its author.", name=origin.author) if origin.author else "",
        proven=say("%(account)s named the account here as its own.", account=proven) if proven else "",
        warning=origin.warning,
    )


def _page_of(url: str) -> URL | None:
    """The page that an address leads to; what isn't http or https is a name in a file."""
    try:
        return parse_url(url)
    except UnsafeAddressError:
        return None
