"""What a poll's voters may choose among, and the subject areas it is in, once the phase of proposals is over.

Rules of this file (decisions §2, step 1):

1. The options are those that stand in the poll itself, then the proposals by members who may propose, in the order of
   the log, up to MAX_OPTIONS in all. Nothing removes a proposal: one that its author withdraws stays an option.
2. Of a member's words on the areas the newest counts: the highest (key, counter, id). Only members of the weight to
   vote are heard, and only directly. Which areas a poll is in, `approval.areas_of_poll` says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from decisions.approval import areas_of_poll
from protocol.ids import RecordId
from protocol.limits import MAX_OPTIONS
from protocol.records.content import AreaVote, Evaluation, LotShare, Opening, Poll, Prediction, Proposal, Sealed

May = Callable[[str, int], bool]
AREA_THRESHOLD: Final = 1


class LoggedSaid(msgspec.Struct, frozen=True):
    """What a member said in a poll beside a ballot, and its index in the log."""

    index: int
    id: RecordId
    content: Proposal | AreaVote | Prediction | Sealed | LotShare | Opening | Evaluation

    @property
    def rank(self) -> tuple[int, int, str]:
        """The highest of one member's is the newest."""
        return self.content.key, self.content.counter, str(self.id)


def options_of(poll: Poll, said: Iterable[LoggedSaid], may: May) -> tuple[str, ...]:
    """Rule 1; `said`: what stands in the log at the end of the phase, `may`: who has which capability."""
    proposals = [
        (one.index, one.id)
        for one in said
        if isinstance(one.content, Proposal) and one.content.title and may("propose", one.content.author)
    ]
    options: tuple[str, ...] = (*poll.option_ids, *(own_id for _, own_id in sorted(proposals)))
    return options[:MAX_OPTIONS]


def withdrawn(said: Sequence[LoggedSaid]) -> frozenset[RecordId]:
    """The proposals behind which their authors no longer stand."""
    author_of = {one.id: one.content.author for one in said if isinstance(one.content, Proposal)}
    words = (one.content for one in said if isinstance(one.content, Proposal))
    return frozenset(
        word.withdraws for word in words if word.withdraws is not None and author_of.get(word.withdraws) == word.author
    )


def areas_chosen(poll: Poll, said: Iterable[LoggedSaid], may: May) -> tuple[str, ...]:
    """Rule 2: the areas of the poll, the author's if no other was chosen."""
    return areas_of_poll(area_counts(said, may), AREA_THRESHOLD, poll.areas)


def area_counts(said: Iterable[LoggedSaid], may: May) -> dict[str, tuple[int, int]]:
    """Of each area how many members say that the poll belongs to it, and how many that it doesn't."""
    newest: dict[int, LoggedSaid] = {}
    for one in said:
        author = one.content.author
        if isinstance(one.content, AreaVote) and may("vote", author):
            newest[author] = max(one, newest.get(author, one), key=lambda each: each.rank)
    yes, no = Counter[str](), Counter[str]()
    for one in newest.values():
        assert isinstance(one.content, AreaVote)
        for area, belongs in one.content.areas.items():
            (yes if belongs else no)[area] += 1
    return {area: (yes[area], no[area]) for area in {*yes, *no}}
