"""The rules of operations in the reader's language: what `protocol.operations` says no with, word for word.

A sentence that isn't known here is told in English, as it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from pod.errors import status_of
from pod.web.kit.notices import say
from pod.web.kit.refusals import Problem, problem_of
from pod.web.kit.translations import Words
from protocol.errors import RefusedError, VoidOperationError

RULES: Final[Mapping[str, str]] = {
    "The author is not a member.": say("Only members change the group."),
    "The author has left.": say("Whoever has left changes nothing any more."),
    "The author's key is not the current one.": say("It was signed by a key that was replaced."),
    "The operation is not signed by its author's key.": say("It isn't signed by its author."),
    "An operation with this counter or a later one was applied before.": say("It was overtaken by a later one."),
    "A recovery key signs only rekey and rehome.": say("A recovery key signs only a new key or a new home."),
    "An owner must remain.": say("An owner must remain."),
    "These keys were used in this group before.": say("These keys were used in this group before."),
    "A person's own group has one member.": say("A person's own group has one member."),
    "A private group is joined by invitation.": say("A private group is joined by invitation."),
    "The join is not co-signed by the invitation's key.": say("The invitation's key didn't sign it."),
    "The invitation is for another group.": say("The invitation is for another group."),
    "The inviter is not a member with a current key.": say("Whoever invited isn't a member any more."),
    "Nobody invites with more weight than their own.": say("Nobody invites with more weight than their own."),
    "Nobody gets more than the founder's weight.": say("Nobody gets more than the founder's weight."),
    "The invitation has expired.": say("The invitation has expired."),
    "The invitation is used up.": say("The invitation is used up."),
    "There is no such member.": say("There is no such member, or they have left."),
    "Nobody gives more weight than their own.": say("Nobody gives more weight than their own."),
    "One's own weight goes only downwards.": say("One's own weight goes only downwards."),
    "Only a member with more weight changes another's.": say("Only a member with more weight changes another's."),
    "Only owners set the policy.": say("Only owners set the policy."),
    "`others_weight` must stay below the founder's weight.": say(
        "The weight of whoever joins must stay below an owner's."
    ),
    "A private group stays private.": say("A private group stays private."),
    "A public name needs the signatures of all members with weight above 0.": say(
        "A public name needs the signatures of all members with weight."
    ),
    "A recovery key is replaced only inside a recovery, by itself.": say(
        "A recovery key is replaced only inside a recovery, by itself."
    ),
}
_MAJORITY: Final = re.compile(r"This needs more than half of the ([0-9]+) owners; ([0-9]+) signed\.")
_PERMISSION: Final = re.compile(r"`(.{1,200})` needs weight (-?[0-9]+)\.")


def rule_in(words: Words, reason: str) -> str:
    """The rule that refused, in words."""
    if reason in RULES:
        return words(RULES[reason])
    if matched := _MAJORITY.fullmatch(reason):
        return words(
            "This needs more than half of the %(owners)s owners; %(signed)s signed.",
            owners=matched.group(1),
            signed=matched.group(2),
        )
    if matched := _PERMISSION.fullmatch(reason):
        return words("“%(name)s” needs weight %(weight)s.", name=matched.group(1), weight=words.weight(int(matched[2])))
    return reason


def problem_in(words: Words, refusal: RefusedError, status: HTTPStatus | None = None) -> Problem:
    """A refusal as a form shows it; of an operation the rule itself is the sentence."""
    if isinstance(refusal, VoidOperationError):
        return Problem(rule_in(words, str(refusal)))
    return problem_of(words, refusal, (status or status_of(refusal)).value)
