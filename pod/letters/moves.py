"""The one mail that says how the copying half of a move ended. It holds nothing of the account, and no secret link."""

from __future__ import annotations

from pod.actions.letters import Letter
from pod.translations import Translator


def copied_letter(say: Translator, who: str, pod: str, page: str, *, whole: bool) -> Letter:
    """To the address that the traveller typed: the copy is `whole`, or it stopped."""
    if whole:
        subject = say("Your copy at %(pod)s is whole", pod=pod)
        what = say(
            "the account %(who)s is copied to %(pod)s. Nothing has changed for anybody: look at it and go on, in the "
            "browser in which you began:",
            who=who,
            pod=pod,
        )
    else:
        subject = say("Your move to %(pod)s has stopped", pod=pod)
        what = say(
            "the copy of the account %(who)s to %(pod)s has stopped. Nothing is lost: see why, and try again, in the "
            "browser in which you began:",
            who=who,
            pod=pod,
        )
    lines = (
        say("Hello,"),
        what,
        page,
        say("If you didn't begin this, somebody typed your address. You get no more mail about it."),
    )
    return Letter(subject, "\n\n".join(lines) + "\n")
