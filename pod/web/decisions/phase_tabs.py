"""The pages of a poll's early phases, as ways from one to the other."""

from __future__ import annotations

from pod.translations import Translator
from protocol.records.content.polls import Lengths

Tab = tuple[str, str, bool]


def phase_tabs(say: Translator, path: str, lengths: Lengths, here: str) -> tuple[Tab, ...]:
    """The pages of a poll with these phases: (name, address, whether it is this one)."""
    parts = [("proposals", say("Proposals"), lengths.proposals > 0)]
    parts.append(("predictions", say("Predictions"), lengths.predictions > 0))
    parts.append(("bets", say("Bets"), lengths.bets > 0 and lengths.predictions > 0))
    parts.append(("talk", say("Talk"), True))
    found = tuple((name, f"{path}/{part}", part == here) for part, name, there in parts if there)
    return (say("The question"), path, not here), *found
