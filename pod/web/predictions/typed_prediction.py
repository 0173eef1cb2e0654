"""A prediction as somebody typed it: what they say, under which condition, and when one can look."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from pod.translations import Translator
from protocol.limits import MAX_NAME_LENGTH

IMPLEMENTED = "yes"
NOT_IMPLEMENTED = "no"
DAY = 86_400


class PredictionForm(msgspec.Struct, frozen=True):
    """The builder as it is sent: of each proposal "id:yes", "id:no" or nothing; `due` as a browser writes a day."""

    statement: str = ""
    text: str = ""
    term: tuple[str, ...] = ()
    every: str = IMPLEMENTED
    due: str = ""

    @property
    def terms(self) -> dict[str, str]:
        """By proposal what the condition says of it."""
        pairs = (term.rpartition(":") for term in self.term)
        return {proposal: what for proposal, _, what in pairs if what in (IMPLEMENTED, NOT_IMPLEMENTED)}

    @property
    def due_at(self) -> int | None:
        """The end of the day (UTC) in ms; None for what is no day."""
        try:
            return int(datetime.strptime(self.due, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() + DAY) * 1000
        except (ValueError, OverflowError):
            return None


def faults_of(say: Translator, form: PredictionForm, *, after: int) -> dict[str, str]:
    """What is wrong, by field. `after`: when voting ends (ms)."""
    faults = {}
    if not form.statement or len(form.statement) > MAX_NAME_LENGTH:
        faults["statement"] = say(
            "Say in up to %(most)s letters what one will be able to see.", most=say.number(MAX_NAME_LENGTH)
        )
    if not form.terms:
        faults["term"] = say("Choose at least one proposal.")
    elif form.every == IMPLEMENTED and list(form.terms.values()).count(IMPLEMENTED) > 1:
        faults["term"] = say("Only one proposal can win, so two can't both be chosen. Choose “one is enough”.")
    if form.due_at is None:
        faults["due"] = say("Choose a day.")
    elif form.due_at <= after:
        faults["due"] = say("Choose a day after the voting, which ends %(moment)s.", moment=say.moment(after))
    return faults


def members_of_prediction(form: PredictionForm) -> dict[str, Any]:
    """What the record says of a form without faults."""
    terms = [{"proposal": proposal, "implemented": what == IMPLEMENTED} for proposal, what in form.terms.items()]
    return {
        "statement": form.statement,
        "due_at": form.due_at,
        "condition": {"every": form.every == IMPLEMENTED, "terms": terms},
        **({"text": form.text} if form.text else {}),
    }
