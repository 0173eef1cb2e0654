"""Refusals in the reader's language: one sentence a code, what to do next, and the server's own words beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from pod.web.kit.notices import say
from pod.web.kit.translations import Words
from protocol.errors import RefusedError

# Codes that people can meet on pages. What isn't named here is told by the sentence of its status.
SENTENCES: Final[Mapping[str, str]] = {
    "malformed_record": say("Something in the form or the address isn't as it must be."),
    "too_large": say("This is longer than a record may be."),
    "bad_phrase": say("These aren't the 24 words: one is mistyped, or they belong to another account."),
    "void_operation": say("The group's rules don't allow this now."),
    "may_not_write": say("You may not write here."),
    "unsafe_address": say("This pod never contacts such an address."),
    "unknown_group": say("This pod doesn't hold that group, or it is private."),
    "not_found": say("There is nothing at this address."),
    "unauthorized": say("You have to be signed in for this."),
    "sign_in": say("Sign in first; you come back to this page."),
    "forged_form": say("This form isn't from this visit. Nothing was done; send it once more."),
    "not_admin": say("This page is for those who run the pod."),
    "too_many_tries": say("Too many tries in a short time. Wait a little."),
    "not_member": say("You aren't a member of this group, or your join isn't settled yet."),
    "moving": say("Your membership is on its way here. Write again once the group has sealed it."),
    "not_keeper": say("Only a keeper of the group does this."),
    "stale_edit": say("Somebody wrote another version meanwhile. Compare it with yours, then send yours once more."),
    "name_taken": say("This name is taken, or it isn't a name: 1 to 30 of a-z, 0-9, - and _."),
    "gone": say("This link was good once: it was used, or it is too old."),
    "bad_code": say("This isn't the code."),
    "dead_code": say("This code is too old, was used, or was mistyped too often. Ask for another one."),
    "registration_closed": say("This pod opens no accounts now."),
    "bad_invite": say("This invitation lets nobody in: it is unknown, used up, too old, or was taken back."),
    "mail_taken": say("Another account here has this mail address."),
    "confirm_first": say("For this, prove first that it is you."),
    "bad_passkey": say("This pod doesn't know this passkey, or its answer doesn't hold. Try once more."),
    "bad_address": say("This isn't a mail address that the pod can write to, like name@example.org."),
    "mail_not_sent": say("The mail couldn't be sent. Those who run this pod see why."),
}
# What their sentences say is all that there is to say.
WHOLE: Final = frozenset(
    {
        *("name_taken", "gone", "bad_code", "dead_code", "registration_closed", "bad_invite", "mail_taken"),
        *("confirm_first", "bad_passkey", "bad_address", "mail_not_sent", "sign_in", "not_admin"),
    }
)
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
    503: say("The pod isn't ready. Try again in a minute."),
}


class Problem(msgspec.Struct, frozen=True):
    """A refusal as a page tells it; `detail` is the server's own English sentence, empty where it adds nothing."""

    sentence: str
    detail: str = ""


def problem_of(words: Words, refusal: RefusedError, status: int) -> Problem:
    """What to tell somebody whose form or address was refused."""
    sentence = SENTENCES.get(refusal.code) or BY_STATUS.get(status) or BY_STATUS[400]
    return Problem(words(sentence), "" if refusal.code in WHOLE else str(refusal))
