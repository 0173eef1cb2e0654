"""The village of the demo as values: four people, a group, two texts, what others change in them and how they vote."""

from __future__ import annotations

from typing import Final

import msgspec


class Villager(msgspec.Struct, frozen=True):
    """Somebody with a home on pod 0 or 1; `weight` in thousandths."""

    name: str
    nickname: str
    pod: int
    weight: int
    about: str


class Block(msgspec.Struct, frozen=True):
    """A paragraph."""

    text: str
    style: str = "text"


class Text(msgspec.Struct, frozen=True):
    """A post by one of the people."""

    author: str
    title: str
    blocks: tuple[Block, ...]
    kind: str = "article"


class Change(msgspec.Struct, frozen=True):
    """A patch to a text's paragraph `at`: a new one behind it, or instead of it."""

    author: str
    text: int
    at: int
    block: Block
    instead: bool = False


class Ballot(msgspec.Struct, frozen=True):
    """A vote on a text, or on the paragraph that change number `change` brought; thousandths."""

    voter: str
    value: int
    text: int | None = None
    change: int | None = None
    reason: str = ""


NAME: Final = "Lower Wells"
DESCRIPTION: Final = "What the village of Lower Wells writes together: minutes, plans, recipes and the odd complaint."

PEOPLE: Final = (
    Villager("ada", "Ada", 0, 3000, "Keeps the keys of the pump house."),
    Villager("bo", "Bo", 0, 2000, "Miller. Up before the birds."),
    Villager("cy", "Cy", 1, 2000, "Teaches the school above the bakery."),
    Villager("dee", "Dee", 1, 1000, "Moved here in spring and has opinions."),
)

TEXTS: Final = (
    Text(
        "ada",
        "The well on the green",
        (
            Block("What we know", "heading-1"),
            Block("The well on the green has given a bucket a day since August. Ten years ago it gave forty."),
            Block("The mill pond stands a hand lower than last autumn, so it isn't the pump."),
            Block("What we could do", "heading-1"),
            Block("Dig four metres deeper, as the council of 1921 did.", "list-item"),
            Block("Collect the rain of the school roof.", "list-item"),
            Block("Whoever drinks from the well should know how deep it is.", "quote"),
        ),
    ),
    Text(
        "bo",
        "Harvest supper",
        (
            Block("Saturday after the first frost, in the barn. Bring a plate and a chair."),
            Block("I bring bread for eighty. Somebody else please bring a sweet."),
        ),
    ),
    Text("dee", "", (Block("Is there really no bus on Sundays?"),), kind="note"),
)

CHANGES: Final = (
    Change("cy", 0, 2, Block("The school measured: 11.4 m of depth, 0.6 m of water (3 November).")),
    Change(
        "bo",
        0,
        4,
        Block("Dig four metres deeper, but only after the harvest: the rig blocks the road.", "list-item"),
        instead=True,
    ),
    Change("dee", 0, 5, Block("Buy bottled water. It's cheap.", "list-item")),
    Change("cy", 1, 1, Block("The school bakes forty apple turnovers.")),
)

BALLOTS: Final = (
    Ballot("bo", 1000, text=0, reason="Well put."),
    Ballot("cy", 1000, text=0),
    Ballot("dee", -250, text=0, reason="Too long."),
    Ballot("ada", 1000, text=1),
    Ballot("cy", 500, text=1),
    Ballot("bo", -1000, text=2, reason="Asked last week."),
    Ballot("ada", 1000, change=0),
    Ballot("dee", 500, change=0),
    Ballot("ada", 1000, change=1, reason="Right, the road."),
    Ballot("cy", 1000, change=1),
    Ballot("ada", -1000, change=2, reason="Not for a village with a brook."),
    Ballot("bo", -500, change=2),
    Ballot("dee", 1000, change=2),
    Ballot("bo", 1000, change=3),
)
