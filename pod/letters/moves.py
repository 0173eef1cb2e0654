"""The mails that say how a move ended, or its copying, and what was left. None holds a link that works for others."""

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
        say("If you didn't begin this, somebody typed your address. It is forgotten when the move or the copy ends."),
    )
    return Letter(subject, "\n\n".join(lines) + "\n")


def shrunk_letter(say: Translator, who: str, pod: str, old: str, page: str) -> Letter:
    """To whom keeps a second home at this pod: half of a class was gone at once."""
    lines = (
        say("Hello,"),
        say("half of something in the account %(who)s was gone at once at %(host)s.", who=who, host=old),
        say("If that wasn't you, sign in there and look. What it was before is kept at %(pod)s for 30 days:", pod=pod),
        page,
        say("If you didn't begin this, somebody typed your address. It is forgotten when the move or the copy ends."),
    )
    return Letter(say("Much is gone from your account at %(host)s", host=old), "\n\n".join(lines) + "\n")


def settled_letter(say: Translator, pod: str, name: str) -> Letter:
    """To whom moved here: each group is settled, or was let go."""
    lines = (
        say("Hello %(name)s,", name=name),
        say("your account is at home at %(pod)s now, and your groups know it.", pod=pod),
        say("If you haven't yet, go on in the browser in which you began, and say how you sign in:"),
        f"{pod}/move/switching",
    )
    return Letter(say("You have moved to %(pod)s", pod=pod), "\n\n".join(lines) + "\n")


def unmoved_letter(say: Translator, pod: str, name: str, why: str) -> Letter:
    """To whom wanted to move here: it was stopped before the account came."""
    lines = (
        say("Hello %(name)s,", name=name),
        say("your account didn't move to %(pod)s. Nothing has changed for anybody, and you can try again.", pod=pod),
        why,
        f"{pod}/move/switching",
    )
    return Letter(say("Your move to %(pod)s was stopped", pod=pod), "\n\n".join(lines) + "\n")


def followers_letter(say: Translator, pod: str, name: str, there: str, *, taken: int, every: int) -> Letter:
    """To whom moved away a day ago: how many servers of their followers took the news."""
    lines = (
        say("Hello %(name)s,", name=name),
        say("a day ago your account moved from %(pod)s to %(host)s.", pod=pod, host=there),
        say(
            "Of %(all)s messages to the servers of your followers, %(done)s have arrived.",
            all=say.number(every),
            done=say.number(taken),
        ),
        say("See which haven't, and a text for those who don't come along by themselves:"),
        f"{pod}/settings/moved",
    )
    return Letter(say("Your followers and your move to %(host)s", host=there), "\n\n".join(lines) + "\n")


def left_letter(say: Translator, pod: str, name: str, there: str) -> Letter:
    """To whom moved away a week ago, and hasn't closed the old account."""
    lines = (
        say("Hello %(name)s,", name=name),
        say("a week ago your account moved from %(pod)s to %(host)s.", pod=pod, host=there),
        say("The old one is still there. If you don't need it any more, take its file and close it:"),
        f"{pod}/settings/moved",
        say("Its address leads to the new one either way. This is the last mail about it."),
    )
    return Letter(say("Your old account at %(pod)s", pod=pod), "\n\n".join(lines) + "\n")
