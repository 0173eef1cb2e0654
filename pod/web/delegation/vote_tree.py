"""Where a vote goes, as a page tells it: one sentence, a picture, and a nested list that says the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from decisions.vote_path import Branch, ChoiceEnd
from pod.actions.decisions.poll_course import Phase
from pod.actions.reading.decisions.own_votes import VotePathSight
from pod.plots.plot import Plot
from pod.plots.vote_path import PathChoice, VotePath, vote_path
from pod.translations import Translator
from pod.web.decisions.ballot_words import said_in, told_in
from pod.web.decisions.wording import poll_title
from pod.web.delegation.wording import called, choice_words, scope_name

USED = frozenset({ChoiceEnd.USED, ChoiceEnd.CAST})
EARLY = frozenset({Phase.PROPOSALS, Phase.PREDICTIONS, Phase.BETS})


class TreeLine(msgspec.Struct, frozen=True):
    """A member in the tree; `used`: the vote goes here, else the line is grey and says why not.

    `ballot`: what they cast, option by option; `locked`: a delegate whose ballot and lists are frozen.
    """

    name: str
    at: str
    words: str
    used: bool
    locked: bool
    ballot: tuple[tuple[str, str], ...]
    lines: tuple[TreeLine, ...]


class VoteTreeView(msgspec.Struct, frozen=True):
    """Where a vote goes. `adds`: what the voter's voice adds there; `lines` is empty where there is no tree.

    `press`: what the voter can do about it now, and where; empty while nobody votes.
    """

    title: str
    href: str
    sentence: str
    scope: str
    adds: str
    notes: tuple[str, ...]
    lines: tuple[TreeLine, ...]
    plot: Plot | None
    press: tuple[str, str]


def tree_view(
    say: Translator, sight: VotePathSight, path: str, areas: Mapping[str, str], *, key: str, preview: bool = False
) -> VoteTreeView:
    """The view of a vote; `path` of the poll's page; `areas`: names of subject areas."""
    begun = sight.poll.phase not in EARLY  # before that nobody has voted, so no way leads anywhere
    tree, names = sight.tree, {sight.number or 0: say("You")} | dict(sight.names)
    names[sight.number or 0] = say("You")
    root = sight.way[-1] if sight.way else None
    ballot = sight.ballots.get(root) if root is not None else None
    adds = told_in(say, sight.poll, ballot) if ballot is not None else ""
    return VoteTreeView(
        title=poll_title(say, sight.poll),
        href=path,
        sentence=_sentence(say, sight, names),
        scope=say("Your list for %(scope)s holds here.", scope=scope_name(say, sight.scope, areas))
        if sight.scope
        else "",
        adds=say("What your voice adds there: %(ballot)s.", ballot=adds) if adds else "",
        notes=tuple(_notes(say, sight, preview=preview)),
        lines=tuple(_line(say, sight, choice, names) for choice in tree.choices) if tree is not None and begun else (),
        plot=vote_path(say, _drawn(say, sight, tree, names, areas, adds), key=key)
        if tree is not None and begun
        else None,
        press=_press(say, sight, f"{path}/vote"),
    )


def _press(say: Translator, sight: VotePathSight, vote: str) -> tuple[str, str]:
    if sight.tree is None or sight.poll.phase is not Phase.VOTING:
        return "", ""
    if sight.tree.why is ChoiceEnd.CAST:
        return say("Change your ballot"), vote
    return (say("Vote yourself instead") if len(sight.way) > 1 else say("Vote in this poll")), vote


def _sentence(say: Translator, sight: VotePathSight, names: Mapping[int, str]) -> str:
    if sight.number is None:
        return say("You aren't a member of this group, so no vote of yours goes anywhere.")
    if sight.on_roll is None:
        return say("The poll isn't open yet: the roll is fixed when it opens.")
    if sight.voided:
        return say("You took your votes in this poll out of the count.")
    tree = sight.tree
    if tree is None:
        return say("You aren't on the roll of this poll, so no vote of yours goes anywhere.")
    if tree.why not in {ChoiceEnd.CAST, ChoiceEnd.SILENT, ChoiceEnd.NOBODY}:
        way = " → ".join(names.get(number) or called(say, number, names) for number in sight.way)
        return say("Your vote goes this way: %(way)s.", way=way)
    return _own_or_none(say, tree.why, early=sight.poll.phase in EARLY, counted=sight.counted)


def _own_or_none(say: Translator, why: ChoiceEnd, *, early: bool, counted: bool) -> str:
    """What is said of a vote that follows nobody to a ballot; `early`: nobody votes yet."""
    if why is ChoiceEnd.CAST:
        return say("You have cast a ballot yourself. It counts, whatever your delegates do.")
    if why is ChoiceEnd.SILENT:
        if early:
            return say("Voting hasn't begun, and you name no delegate here.")
        return say("You haven't voted, and you name no delegate here: your vote is counted nowhere.")
    if early:
        return say("Voting hasn't begun: your vote goes where your delegates' ballots will be.")
    if not counted:
        return say("Nobody to whom your list leads has voted yet. As soon as somebody does, your vote follows.")
    return say("Your vote is stranded: you name delegates, but they lead to nobody who has voted.")


def _notes(say: Translator, sight: VotePathSight, *, preview: bool) -> Iterator[str]:
    if preview:
        yield say("Nothing is signed yet: this is what the list would do now.")
    elif sight.counted:
        yield say("This is how it was counted.")
    elif sight.tree is not None:
        yield say("This is how lists and ballots stand in the group's log now; it may change until the end.")
    if sight.locked and not sight.counted:
        yield say("🔒 Delegates are locked: they change nothing in this poll any more. You can still vote yourself.")
    if sight.cut:
        yield say("The lists lead to more members than this page follows.")


def _line(say: Translator, sight: VotePathSight, choice: Branch, names: Mapping[int, str]) -> TreeLine:
    untold = say("what follows isn't told here again") if choice.untold else ""
    words = choice_words(say, choice, names)
    ballot = sight.ballots.get(choice.member) if choice.voted and choice.why in USED else None
    return TreeLine(
        name=called(say, choice.member, names) if names.get(choice.member) != say("You") else say("You"),
        at=say("choice no. %(place)s", place=choice.place),
        words=f"{words}; {untold}" if untold else words,
        used=choice.why in USED,
        locked=sight.locked and choice.member in sight.delegates,
        ballot=said_in(say, sight.poll, ballot) if ballot is not None else (),
        lines=tuple(_line(say, sight, one, names) for one in choice.choices),
    )


def _drawn(
    say: Translator,
    sight: VotePathSight,
    tree: Branch,
    names: Mapping[int, str],
    areas: Mapping[str, str],
    ballot: str,
) -> VotePath:
    steps, at = [], tree
    while at.choices and tree.why is not ChoiceEnd.CAST:
        steps.append(tuple(_step(say, choice, names) for choice in at.choices))
        used = next((choice for choice in at.choices if choice.why is ChoiceEnd.USED), None)
        if used is None:
            break
        at = used
    scope = say("list for %(scope)s", scope=scope_name(say, sight.scope, areas)) if sight.scope else ""
    return VotePath(scope, tuple(steps), ballot or None)


def _step(say: Translator, choice: Branch, names: Mapping[int, str]) -> PathChoice:
    why = "" if choice.why is ChoiceEnd.USED else choice_words(say, choice, names)
    return PathChoice(choice.place, called(say, choice.member, names), why)
