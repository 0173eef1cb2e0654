"""What just happened, said on the page that follows a form: by a code in its address, so that no cookie is needed.

The sentences are fixed, so an address that somebody else made can say nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def say(text: str) -> str:
    """Mark a sentence for the catalogues; it is translated where it is shown."""
    return text


NOTICES: Final[Mapping[str, str]] = {
    "saved": say("Saved."),
    "sent": say("Sent."),
    "voted": say("Your vote counts."),
    "suggested-option": say("It is proposed, and will stand here once the group's log has it."),
    "unsupported": say("It says so, and can be chosen all the same."),
    "predicted": say("It is predicted, and will stand here once the group's log has it."),
    "bet": say("Your bets are sealed. Nobody else sees them before the phase ends."),
    "kept-ballot": say("Thank you. All is as you typed it, and nothing is cast yet."),
    "kept": say("Your vote is kept. It counts as soon as you have weight in this group."),
    "withdrawn": say("Your vote is withdrawn."),
    "written": say("Your post is written."),
    "replied": say("Your reply is written."),
    "written-hidden": say("Your post is written. It stays hidden in this group until votes bring it above 0."),
    "replied-hidden": say("Your reply is written. It stays hidden in this group until votes bring it above 0."),
    "suggested": say("Your edit is written. Votes decide which version is shown."),
    "erased": say("The text is gone here; other pods were asked to let it go, too."),
    "founded": say("The group is founded."),
    "joining": say("Your request to join is on its way; you are a member once it is settled."),
    "left": say("You have left the group."),
    "asked": say("Your request is on its way; it holds once the steward has sealed it."),
    "proposed": say("It is proposed: it holds once enough members have signed it."),
    "signed": say("You have signed it. More signatures are needed."),
    "complete": say("You have signed it. It has enough signatures now, and holds once it is sealed."),
    "taken-back": say("It is withdrawn once the steward has sealed your request; until then it still stands here."),
    "known": say("It is on its way: in a moment your profile and your entry here name each other."),
    "unknown": say("It isn't shown any more. What others copied, and the group's chain, nobody can change."),
    "followed": say("You follow it now."),
    "unfollowed": say("You no longer follow it."),
    "hidden": say("Hidden for you, and for nobody else."),
    "unhidden": say("No longer hidden for you."),
    "signed-in": say("Welcome."),
    "signed-out": say("You are signed out."),
    "looked": say("Looked; what was found stands below."),
    "retried": say("It is tried now."),
    "ended": say("Ended."),
    "closed": say("Your account here is closed. Your name leads to the new server."),
    "revoked": say("It no longer works."),
    "stayed": say("You stay at home here."),
    "elsewhere": say(
        "Your account was recovered elsewhere with the 24 words, and the move has stopped. Your home is there."
    ),
    "proved": say("It is proved. Go back to the tab that you came from, and send once more what was refused."),
    "floor": say("It decides from now on; what it hides is shown nowhere on this pod."),
    "unfloored": say("It no longer decides; what it alone hid is shown again."),
    "still-here": say("You are on the rolls of the polls that open here within a year."),
    "voided": say("Your votes are taken out of the count once the steward has sealed it."),
    "words": say("The words are right. Keep the paper where you find it in ten years."),
    "poll-asked": say("Your poll is on its way: it opens once the steward has sealed it."),
    "areas-said": say("Noted. Your newest word on the areas counts."),
    "evaluated": say("Noted. It counts once the steward has sealed it."),
    "draft-kept": say("Your draft is kept. Only you can see it."),
    "draft-deleted": say("The draft is deleted."),
    "template-kept": say("The template is kept."),
    "template-deleted": say("The template is deleted."),
    "delegated": say("Your list is signed. It holds from now on, until you change it or it lapses."),
    "declared": say("You are a delegate. Others can let their votes follow yours."),
    "resigned": say("You are no longer a delegate. What you did as one stays to be read."),
    "refused": say("Refused: nothing was read."),
    "looking": say("It is asking your old server now."),
    "erased-copy": say("The copy is erased here."),
    "granted": say("Thank you. Your old server lets this pod read your account."),
    "move-ended": say("The move is over, and its copy is deleted."),
    "pulled": say("Asked; what came is shown."),
}


def notice_of(code: str) -> str:
    """The English sentence of a code; empty for one that is none."""
    return NOTICES.get(code, "")
