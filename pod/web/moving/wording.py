"""How pages name the classes of an account."""

from __future__ import annotations

from pod.translations import Translator


def class_names(say: Translator) -> dict[str, str]:
    """What each class holds, in words."""
    return {
        "personal": say("Your profile, and what you write in your own name"),
        "records": say("Your posts, votes and ballots in open groups"),
        "memberships": say("Which groups you are in, also the private ones"),
        "follows": say("Whom you follow, and who follows you"),
        "choices": say("What you hide, mute and block, your drafts and settings"),
        "media": say("Your pictures and files"),
        "actor": say("Your address in the fediverse and its public key"),
        "box": say("A sealed box that only your 24 words open"),
    }


def named_classes(say: Translator, classes: str) -> tuple[str, ...]:
    """Classes in words, from their names with blanks between."""
    names = class_names(say)
    return tuple(names.get(name, name) for name in classes.split())
