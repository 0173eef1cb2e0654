"""What pages call scopes, choices and warnings of lists of delegates. This file decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from decisions.list_warnings import ListWarning, Warned
from decisions.vote_path import Branch, ChoiceEnd
from pod.translations import Translator
from pod.web.group.wording import member_name

AREA = "area "


def scope_name(say: Translator, scope: str, areas: Mapping[str, str]) -> str:
    """Where a list holds."""
    if scope.startswith(AREA):
        area = scope.removeprefix(AREA)
        return areas.get(area, area)
    return say("this poll alone") if scope.startswith("poll ") else say("the whole group")


def called(say: Translator, number: int, names: Mapping[int, str]) -> str:
    """A member by name and number."""
    name = names.get(number, "")
    return say("%(name)s (no. %(number)s)", name=name, number=number) if name else member_name(say, number, "")


def choice_words(say: Translator, choice: Branch, names: Mapping[int, str]) -> str:
    """What became of a choice, or why it isn't used."""
    if choice.why in (ChoiceEnd.NOT_NEEDED, ChoiceEnd.LONGER):
        instead = called(say, choice.instead or 0, names)
        if choice.why is ChoiceEnd.NOT_NEEDED:
            return say("not used: choice no. %(place)s, and %(other)s comes before", place=choice.place, other=instead)
        return say("not used: this way takes more second choices than the way over %(other)s", other=instead)
    words = {
        ChoiceEnd.CAST: say("cast a ballot"),
        ChoiceEnd.USED: say("used: has cast a ballot") if choice.voted else say("used: passes the vote on"),
        ChoiceEnd.NOBODY: say("not used: hasn't voted, and leads to nobody who has"),
        ChoiceEnd.SILENT: say("names no delegate"),
        ChoiceEnd.OWN_BALLOT: say("not used: a ballot of one's own comes first"),
        ChoiceEnd.LOOP: say("not used: a loop, it leads back"),
        ChoiceEnd.ONESELF: say("not used: this is the same person"),
        ChoiceEnd.REPEATED: say("not used: named before"),
        ChoiceEnd.OFF_ROLL: say("not used: not on the roll of this poll"),
        ChoiceEnd.NOT_DECLARED: say("not used: no declared delegate"),
    }
    return words[choice.why]


def warning_words(say: Translator, warning: ListWarning, names: Mapping[int, str]) -> str:
    """A warning as a sentence."""
    if warning.about is Warned.LOOP:
        way = " → ".join(called(say, number, names) for number in warning.loop)
        return say("A loop: %(way)s. It harms nothing as long as one of them votes or has another choice.", way=way)
    if warning.about is Warned.LAPSES:
        return say("The list holds until %(day)s.", day=say.day(warning.at or 0))
    who = called(say, warning.member or 0, names)
    words = {
        Warned.ONESELF: say("%(who)s: that is you. Your own ballot comes first anyway.", who=who),
        Warned.REPEATED: say("%(who)s stands on the list twice; the second place reaches nobody.", who=who),
        Warned.LEFT: say("%(who)s has left the group, so this choice reaches nobody.", who=who),
        Warned.BLACK_LISTED: say("%(who)s is black-listed, so this choice reaches nobody.", who=who),
        Warned.OFF_ROLL: say("%(who)s isn't on the roll of this poll, so this choice reaches nobody.", who=who),
        Warned.NOT_DECLARED: say("%(who)s isn't a declared delegate now, so this choice reaches nobody.", who=who),
    }
    return words[warning.about]
