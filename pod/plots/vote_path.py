"""V7: where one voter's vote went, from choice to choice, and beside it the choices that weren't used, and why.

    vote_path(say, VotePath(scope, steps, ballot=...), key=poll)

`steps` are, for the voter and then for each one on the path, their ranked choices; at most one of each is used, and
the next step is that one's. Who cast a ballot has none. `ballot` says in words what the ballot at the end says; None if
the vote reaches none. Long paths are drawn with their beginning and end; the table has up to a hundred steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from pod.plots.plot import Figures, Plot
from pod.plots.svg import WIDTH, box, dot, line, path, picture, polygon, shortened, text
from pod.translations import Translator

FIRST_DRAWN: Final = 5
LAST_DRAWN: Final = 2
MOST_TOLD: Final = 100
LONGEST_SENTENCE: Final = 3
SPINE: Final = 16
BRANCH: Final = 46
RADIUS: Final = 10
ROW: Final = 40
SIDE: Final = 34


class PathChoice(msgspec.Struct, frozen=True):
    """Somebody's choice: its place from 1, the delegate's name, and why the vote didn't go there; "" if it did."""

    place: int
    name: str
    why: str = ""


class VotePath(msgspec.Struct, frozen=True):
    """Which list holds (`scope`, in words), everybody's choices along the path, and what the ballot at its end says."""

    scope: str
    steps: tuple[tuple[PathChoice, ...], ...]
    ballot: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """Whom the vote goes to, one after the other."""
        return tuple(choice.name for choices in self.steps for choice in choices if not choice.why)


def vote_path(say: Translator, vote: VotePath, *, key: str) -> Plot:
    """The path of one vote, for its voter."""
    title, conclusion = say("Where your vote went"), _conclusion(say, vote)
    drawing = _Drawing(say)
    drawing.whole(vote)
    svg = picture("v7", key, drawing.y, (title, conclusion), drawing.parts)
    told = tuple(_told(vote))[: MOST_TOLD * 5]
    used = {True: say("used"), False: ""}
    rows = tuple(
        (who or say("You"), say.number(choice.place), choice.name, used[not choice.why] or choice.why)
        for who, choice in told
    )
    columns = (say("Whose choice"), say("No."), say("Delegate"), say("Used?"))
    names = ("step", "whose", "place", "delegate", "used", "why")
    figures = tuple(
        (step, who, choice.place, choice.name, int(not choice.why), choice.why)
        for step, (who, choices) in enumerate(_by_step(vote), start=1)
        for choice in choices
    )
    return Plot(title, conclusion, svg, columns, rows, Figures(names, figures))


def _by_step(vote: VotePath) -> Iterator[tuple[str, Sequence[PathChoice]]]:
    yield from zip(("", *vote.names), vote.steps, strict=False)


def _told(vote: VotePath) -> Iterator[tuple[str, PathChoice]]:
    for who, choices in _by_step(vote):
        for choice in choices:
            yield who, choice


def _conclusion(say: Translator, vote: VotePath) -> str:
    names = vote.names
    if vote.ballot is None:
        return say("Your vote reaches nobody who votes.") if vote.steps else say("You named no delegate.")
    if not names:
        return say("Your own ballot counts: %(ballot)s.", ballot=vote.ballot)
    if len(names) == 1:
        return say("Your vote counts on %(name)s’s ballot: %(ballot)s.", name=names[0], ballot=vote.ballot)
    if len(names) > LONGEST_SENTENCE:
        return say(
            "In %(count)s steps your vote reaches %(name)s, on whose ballot it counts: %(ballot)s.",
            count=say.number(len(names)),
            name=names[-1],
            ballot=vote.ballot,
        )
    return say(
        "Your vote goes by way of %(others)s to %(name)s, on whose ballot it counts: %(ballot)s.",
        others=" → ".join(names[:-1]),
        name=names[-1],
        ballot=vote.ballot,
    )


class _Drawing:
    """The picture as it grows downwards; `y` is where the next row begins."""

    def __init__(self, say: Translator) -> None:
        self.say, self.y = say, 4.0
        self.parts: list[Markup] = []

    def whole(self, vote: VotePath) -> None:
        say, steps = self.say, tuple(_by_step(vote))
        self.person(say("You"), vote.scope, "you")
        last = len(steps) - LAST_DRAWN
        for at, (_, choices) in enumerate(steps):
            if FIRST_DRAWN <= at < last:
                if at == FIRST_DRAWN:
                    self.gap(say("… %(count)s more steps …", count=say.number(last - FIRST_DRAWN)))
                continue
            self.choices(choices)
        self.end(vote.ballot)

    def choices(self, choices: Sequence[PathChoice]) -> None:
        for choice in choices:
            if choice.why:
                self.unused(choice)
        for choice in choices:
            if not choice.why:
                self.arrow()
                self.person(choice.name, self.say("choice no. %(place)s", place=choice.place), "used", choice.place)

    def person(self, name: str, beside: str, kind: str, place: int | None = None) -> None:
        y = self.y + RADIUS
        self.parts.append(dot((SPINE, y), RADIUS, kind))
        if place is not None:
            self.parts.append(text((SPINE, y + 4), str(place), "middle on-now"))
        self.parts.append(text((SPINE + 18, y - 1), shortened(name, WIDTH - SPINE - 18, "strong"), "strong"))
        self.parts.append(text((SPINE + 18, y + 12), shortened(beside, WIDTH - SPINE - 18), "faint"))
        self.y += ROW - 16

    def unused(self, choice: PathChoice) -> None:
        middle = self.y + 16
        self.parts.append(line((SPINE, self.y - 3), (SPINE, self.y + SIDE), "way"))
        self.parts.append(path(f"M{SPINE} {middle:g}H{BRANCH - 8}", "skipped"))
        self.parts.append(dot((BRANCH, middle), 8, "skipped"))
        self.parts.append(text((BRANCH, middle + 4), str(choice.place), "middle faint"))
        self.parts.append(text((BRANCH + 14, middle - 2), shortened(choice.name, WIDTH - BRANCH - 14), "faint gone"))
        self.parts.append(text((BRANCH + 14, middle + 11), shortened(choice.why, WIDTH - BRANCH - 14), "faint"))
        self.y += SIDE

    def arrow(self) -> None:
        end = self.y + 14
        self.parts.append(line((SPINE, self.y - 3), (SPINE, end - 4), "way"))
        self.parts.append(polygon([(SPINE - 5, end - 6), (SPINE + 5, end - 6), (SPINE, end)], "tip"))
        self.y = end + 1

    def gap(self, said: str) -> None:
        self.parts.append(line((SPINE, self.y - 3), (SPINE, self.y + 20), "skipped"))
        self.parts.append(text((SPINE + 18, self.y + 13), said, "faint"))
        self.y += 20

    def end(self, ballot: str | None) -> None:
        if ballot is None:
            self.parts.append(line((SPINE, self.y - 3), (SPINE, self.y + 10), "skipped"))
            self.parts.append(path(f"M{SPINE - 6} {self.y + 10:g}l12 12m0-12l-12 12", "cross"))
            said = self.say("no ballot is reached")
        else:
            self.arrow()
            self.parts.append(box(SPINE - 9, self.y, (18, 18), "ballot"))
            self.parts.append(path(f"M{SPINE - 5} {self.y + 9:g}l4 4l7-8", "tick"))
            self.y -= 8
            said = ballot
        self.parts.append(text((SPINE + 18, self.y + 21), shortened(said, WIDTH - SPINE - 18, "strong"), "strong"))
        self.y += 32
