"""A prediction says what happens if some proposals are implemented and others aren't, and when one can look.

Rules of this file (decisions §2, step 2):

1. A condition joins terms "this proposal is implemented" or "… is not implemented", all by AND or all by OR. A score
   poll has one winner at most, so this says everything that brackets could say: OR of implemented ones is any set of
   winners, AND of not implemented ones is any set with "no proposal wins" in it.
2. A sound condition has at least one term, names proposals of its poll only and none twice, and can hold: an AND of
   two implemented proposals never does.
3. It is evaluated from its due date on, and only if its condition holds for what won. What a prediction that isn't
   sound says counts nowhere.

"Implemented" means that the proposal won: the group decided to carry it out.
"""

from collections.abc import Collection

import msgspec

from protocol.ids import RecordId
from protocol.records.content import Condition


class DuePrediction(msgspec.Struct, frozen=True):
    """A statement of a poll; its text stays in the record. `due_at` in milliseconds."""

    id: RecordId
    condition: Condition
    due_at: int


def is_sound(condition: Condition, proposals: Collection[str]) -> bool:
    """Whether the condition is one of a poll with these proposals (rule 2)."""
    named = [term.proposal for term in condition.terms]
    wanted = sum(term.implemented for term in condition.terms)
    return (
        bool(named)
        and len(set(named)) == len(named)
        and all(proposal in proposals for proposal in named)
        and not (condition.every and wanted > 1)
    )


def holds(condition: Condition, won: Collection[RecordId]) -> bool:
    """Whether a sound condition holds, given which proposals won; none if the poll has no winner."""
    terms = (term.implemented == (term.proposal in won) for term in condition.terms)
    return all(terms) if condition.every else any(terms)


def to_evaluate(
    predictions: Collection[DuePrediction], proposals: Collection[RecordId], won: Collection[RecordId]
) -> tuple[DuePrediction, ...]:
    """The sound predictions whose condition holds, by due date and id."""
    chosen = (one for one in predictions if is_sound(one.condition, proposals) and holds(one.condition, won))
    return tuple(sorted(chosen, key=lambda prediction: (prediction.due_at, prediction.id)))
