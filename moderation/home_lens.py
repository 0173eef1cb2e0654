"""What is shown at home, where many groups meet: each post's own group decides first, then the reader's moderators.

Rules of this file (R4):

1. What its own group doesn't show isn't shown, whatever the moderators say of it.
2. A moderator whose default score is above 0 shows whatever nobody there votes against: it can only hide. Each of them
   hides by itself, so a further one never brings anything back.
3. The others choose: without votes they show nothing. The reader says whether any or all of them must show a post.
4. Of a paragraph a moderator says something only by its votes: below 0 it is hidden, by rules 2 and 3.
"""

from collections.abc import Iterable, Sequence

import msgspec

from moderation.scores import is_shown
from protocol.visibility import Combine


class Judge(msgspec.Struct, frozen=True):
    """A moderator that the reader chose; `votes` on the target and `default_score`, in micro units."""

    default_score: int
    votes: int = 0

    @property
    def only_hides(self) -> bool:
        return self.default_score > 0

    @property
    def shows(self) -> bool:
        return is_shown(self.default_score + self.votes)


def shows_post(own: int, judges: Sequence[Judge], combine: Combine) -> bool:
    """Whether home shows a post; `own`: its score in its own group."""
    return is_shown(own) and _agree(judges, [judge.shows for judge in judges], combine)


def shows_paragraph(judges: Sequence[Judge], combine: Combine) -> bool:
    """Whether the moderators allow a paragraph that its own group shows."""
    return _agree(judges, [judge.votes >= 0 for judge in judges], combine)


def _agree(judges: Iterable[Judge], shows: Iterable[bool], combine: Combine) -> bool:
    answers = list(zip(judges, shows, strict=True))
    if not all(shown for judge, shown in answers if judge.only_hides):
        return False
    chosen = [shown for judge, shown in answers if not judge.only_hides]
    return not chosen or (any(chosen) if combine is Combine.ANY else all(chosen))
