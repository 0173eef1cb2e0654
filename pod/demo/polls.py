"""What the village decides: a poll that is over, one that is voted on, and one in which people bet; days from now."""

from __future__ import annotations

from typing import Final

import msgspec

from protocol.records.content.polls import PollKind


class PollDays(msgspec.Struct, frozen=True):
    """How many days each phase of a poll lasts."""

    voting: int
    proposals: int = 0
    predictions: int = 0
    bets: int = 0
    contest: int = 1


class VillagePoll(msgspec.Struct, frozen=True):
    """A poll of the village. `options` stand in it from the beginning; `about`: the text that it came from."""

    key: str
    author: str
    kind: PollKind
    title: str
    text: str
    days: PollDays
    options: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    about: str = ""


class VillageProposal(msgspec.Struct, frozen=True):
    """Something to choose in a poll."""

    key: str
    poll: str
    author: str
    title: str
    text: str


class VillagePrediction(msgspec.Struct, frozen=True):
    """What somebody says will be true on a day if a proposal is chosen, and what others bet on it, in thousandths."""

    key: str
    poll: str
    author: str
    statement: str
    proposal: str
    due: int
    bets: dict[str, int]


class VillageDelegate(msgspec.Struct, frozen=True):
    """Somebody who lets others follow, and what they say for themselves."""

    who: str
    statement: str


class VillageList(msgspec.Struct, frozen=True):
    """Whom somebody's vote follows, the first choice first."""

    who: str
    delegates: tuple[str, ...]


class VillageBallot(msgspec.Struct, frozen=True):
    """A ballot: a score for each proposal (by its key), or places (of options, from 0)."""

    poll: str
    voter: str
    scores: dict[str, int] = {}
    ranking: tuple[int, ...] = ()


WATER: Final = VillagePoll(
    "water",
    "ada",
    "score",
    "Where does next summer's water come from?",
    "The well gives a bucket a day. Propose what we do before June, say what you expect of it, and give each a score.",
    PollDays(proposals=1, predictions=1, bets=1, voting=2, contest=2),
    areas=("water",),
    about="well",
)
SUNDAY: Final = VillagePoll(
    "sunday-bus",
    "elin",
    "ranking",
    "When shall the Sunday bus leave?",
    "Put the times in your order. The driver gets coffee at either end.",
    PollDays(voting=5),
    options=("8.10, with the bread", "10.00, after the bread", "14.30, after the nap", "Never on Sundays"),
    about="bus",
)
SURPLUS: Final = VillagePoll(
    "surplus",
    "bo",
    "score",
    "What becomes of what the supper brings in?",
    "There will be about 4,000 over. It isn't much, so let us at least argue well.",
    PollDays(proposals=2, predictions=2, bets=3, voting=4),
    areas=("feasts",),
    about="supper",
)

PROPOSALS: Final = (
    VillageProposal(
        "deeper", "water", "bo", "Dig four metres deeper", "After the harvest, as the council did in 1921."
    ),
    VillageProposal(
        "roof", "water", "cy", "Collect the rain of the school roof", "Two tanks, one gutter, and a pump that we own."
    ),
    VillageProposal(
        "pipe", "water", "dee", "Lay a pipe to Upper Wells", "They have our water anyway, so let us ask for it back."
    ),
    VillageProposal("oven", "surplus", "cy", "A second oven", "Thirty-one children, one oven. You do the sum."),
    VillageProposal("lamp", "surplus", "gus", "A lamp for the mill path", "I measured it: eleven roots, no light."),
    VillageProposal("song", "surplus", "fay", "A third song for the band", "Please."),
)

PREDICTIONS: Final = (
    VillagePrediction(
        "lends",
        "water",
        "gus",
        "The school lends its roof in writing",
        "roof",
        -3,
        {"ada": 800, "bo": 650, "gus": 950, "elin": 600, "fay": 250},
    ),
    VillagePrediction(
        "gravel",
        "water",
        "fay",
        "They reach dry gravel at four metres",
        "deeper",
        150,
        {"ada": 400, "bo": 150, "gus": 900, "fay": 850},
    ),
    VillagePrediction(
        "eighty", "surplus", "dee", "Bread for eighty is baked in one go", "oven", 120, {"ada": 700, "gus": 350}
    ),
    VillagePrediction("stubbed", "surplus", "bo", "Nobody falls over a root this winter", "lamp", 100, {"gus": 990}),
)

DELEGATES: Final = (
    VillageDelegate("gus", "I read all of it, measure what can be measured, and say why."),
    VillageDelegate("cy", "I ask the children first. They will drink it longest."),
    VillageDelegate("dee", "I am new here, so I owe nobody anything."),
)

# Elin's first choice doesn't vote, so hers goes to the second; Fay votes herself, though she has a list.
LISTS: Final = (
    VillageList("elin", ("dee", "gus")),
    VillageList("hilda", ("cy",)),
    VillageList("fay", ("cy", "gus")),
)

SCORES: Final = (
    VillageBallot("water", "gus", {"deeper": 20, "roof": 85, "pipe": 40}),
    VillageBallot("water", "cy", {"roof": 95, "pipe": 60}),
    VillageBallot("water", "ada", {"deeper": 50, "roof": 80, "pipe": 55}),
    VillageBallot("water", "bo", {"deeper": 90, "roof": 40, "pipe": 20}),
    VillageBallot("water", "fay", {"deeper": 70, "roof": 30, "pipe": 0}),
)
RANKINGS: Final = (
    VillageBallot("sunday-bus", "bo", ranking=(0, 1, 2)),
    VillageBallot("sunday-bus", "gus", ranking=(1, 0, 2, 3)),
    VillageBallot("sunday-bus", "hilda", ranking=(2, 1)),
)

# Who bet on it has no say.
EVALUATIONS: Final = (("cy", "lends", True), ("dee", "lends", False), ("hilda", "lends", True))
