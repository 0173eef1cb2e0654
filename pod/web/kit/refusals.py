"""Refusals in the reader's language: the sentence of the rule that said no, or of its family; and one a status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from pod.translations import Translator
from pod.web.kit.notices import say
from protocol.errors import Fact, Refused, RefusedError

BY_STATUS: Final[Mapping[int, str]] = {
    400: say("Something in the form or the address isn't as it must be."),
    401: say("You have to be signed in for this."),
    403: say("This isn't for you."),
    404: say("There is nothing at this address."),
    405: say("This address doesn't take that."),
    409: say("The group has changed meanwhile, or its rules say no."),
    410: say("This was here and is gone."),
    413: say("This is more than the pod takes at once."),
    429: say("Too many tries in a short time. Wait a little."),
    500: say("Something broke on this pod. It was written to its log, under the number below."),
    502: say("Another pod couldn't be asked, or answered badly."),
    507: say("This pod's disk is full. Nothing was done; those who run it have to make room."),
    503: say("The pod isn't ready. Try again in a minute."),
}
# Where what a refusal asks for is done: in another tab, so that the refused form stays as it is.
WAYS: Final[Mapping[str, tuple[str, str]]] = {
    "proof_needed": ("/settings/confirm?to=/settings?said=proved", say("Prove that it is you, in another tab")),
    "decisions_frozen": ("/settings/words", say("Type the 24 words, in another tab")),
}
WEIGHT: Final = "weight"  # the fact that is in thousandths
MOMENT: Final = "moment"  # the fact that is a time in ms


class RefusalView(msgspec.Struct, frozen=True):
    """A refusal as a page tells it; `href` leads, in another tab, to what `way` says."""

    sentence: str
    href: str = ""
    way: str = ""


def sentence_of(say: Translator, refused: Refused) -> str:
    """Why something is refused, in the reader's language, with its numbers as people write them."""
    return refused.told(say.language, {name: _fact(say, name, fact) for name, fact in refused.facts.items()})


def problem_of(say: Translator, refusal: RefusedError) -> RefusalView:
    """What to tell somebody whose form or address was refused."""
    href, way = WAYS.get(refusal.code, ("", ""))
    return RefusalView(sentence_of(say, refusal.refused), href, say(way) if way else "")


def _fact(say: Translator, name: str, fact: Fact) -> str:
    if isinstance(fact, str):
        return fact
    if name == MOMENT:
        return say.moment(fact)
    return say.weight(fact) if name == WEIGHT else say.number(fact)
