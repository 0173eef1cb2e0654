"""What an archive holds: every name that may stand in it, in the order in which they are written, and its bounds."""

from __future__ import annotations

import re
from typing import Final

from protocol.copies import CLASSES

ACTOR: Final = "actor.json"
OUTBOX: Final = "outbox.json"
LIKES: Final = "likes.json"
BOOKMARKS: Final = "bookmarks.json"
FOLLOWING: Final = "following_accounts.csv"
MUTED: Final = "muted_accounts.csv"
BLOCKED: Final = "blocked_accounts.csv"
BLOCKED_DOMAINS: Final = "blocked_domains.csv"
BOOKMARKED: Final = "bookmarks.csv"
LISTS: Final = "lists.csv"
FOLLOWERS: Final = "followers.csv"
MANIFEST: Final = "manifest.json"
README: Final = "README.html"
SUMS: Final = "SHA256SUMS"

CLASS_FILES: Final = {f"classes/{name}.jsonl": name for name in CLASSES}
MASTODON: Final = (
    *(ACTOR, OUTBOX, LIKES, BOOKMARKS),
    *(FOLLOWING, MUTED, BLOCKED, BLOCKED_DOMAINS, BOOKMARKED, LISTS, FOLLOWERS),
)
NAMES: Final = (*CLASS_FILES, MANIFEST, *MASTODON, README, SUMS)
MEDIA: Final = re.compile(r"media/([0-9a-f]{64})")

# Below what would need zip64, so that a reader can tell from the last 22 bytes how long the directory is. It is for the
# zip, and for each file in it; a pod that holds people's pictures will need more.
MOST_BYTES: Final = 2**31 - 1
MOST_FILES: Final = 50_000
MOST_DIRECTORY_BYTES: Final = MOST_FILES * 160
MOST_INFLATED_BYTES: Final = 16 * 1024**3
# Deflate makes at most 1,032 bytes of one. JSON that people wrote comes to 5 to 15, lines of one account to 40.
MOST_RATIO: Final = 200
SMALL_BYTES: Final = 1024 * 1024  # below it, no ratio is asked for


def is_known(name: str) -> bool:
    """Whether a file of this name may stand in an archive."""
    return name in NAMES or MEDIA.fullmatch(name) is not None
