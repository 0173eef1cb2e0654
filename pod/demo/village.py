"""The village of the demo: eight people, the community that they share, and four who read it with other eyes."""

from __future__ import annotations

from typing import Final

import msgspec


class Villager(msgspec.Struct, frozen=True):
    """A person whose home is pod 0 or 1."""

    name: str
    nickname: str
    pod: int
    about: str


class Circle(msgspec.Struct, frozen=True):
    """A group: its members' weights in thousandths; the first member is the founder."""

    key: str
    name: str
    description: str
    weights: dict[str, int]
    default_score: int = 0
    areas: tuple[dict[str, str], ...] = ()

    @property
    def founder(self) -> str:
        """The first member."""
        return next(iter(self.weights))


class Block(msgspec.Struct, frozen=True):
    """A paragraph."""

    text: str
    style: str = "text"


class VillageAnswer(msgspec.Struct, frozen=True):
    """What a text answers: another text (by its key), one paragraph of that, or a public subject."""

    text: str = ""
    at: int | None = None
    subject: str = ""


class VillageText(msgspec.Struct, frozen=True):
    """A post of one person; a note has no title."""

    key: str
    circle: str
    author: str
    title: str
    blocks: tuple[Block, ...]
    answers: VillageAnswer | None = None
    language: str = "en"

    @property
    def kind(self) -> str:
        """The kind of post: an article if it has a title, else a note."""
        return "article" if self.title else "note"


class VillageChange(msgspec.Struct, frozen=True):
    """A patch to paragraph `at` of a text: a new paragraph after it, or a replacement."""

    key: str
    author: str
    text: str
    at: int
    block: Block
    instead: bool = False


class VillageVote(msgspec.Struct, frozen=True):
    """A vote in a circle, in thousandths: on a text, one of its paragraphs, the paragraph of a change, or a subject.

    With `emoji` it is a reaction to the text.
    """

    circle: str
    voter: str
    value: int
    text: str = ""
    at: int | None = None
    change: str = ""
    subject: str = ""
    emoji: str = ""
    reason: str = ""


PODS: Final = (
    ("Lower Wells", "The pod in the pump house. It hums, but so did the pump."),
    ("Upper Pond", "The pod above the bakery. Warm in winter, and it smells of bread."),
)

PEOPLE: Final = (
    Villager("ada", "Ada", 0, "Keeps the keys of the pump house, and the kettle."),
    Villager("bo", "Bo", 0, "Miller. Up before the birds, in bed before the news."),
    Villager("cy", "Cy", 1, "Teaches the school above the bakery. Thirty-one children, one oven."),
    Villager("dee", "Dee", 1, "Moved here in spring and has opinions."),
    Villager("elin", "Elin", 0, "Kör bussen. Svarar helst på svenska före kaffet."),
    Villager("fay", "Fay", 1, "Brews at The Dry Bucket. The name is older than the drought."),
    Villager("gus", "Gus", 0, "Surveyor, retired. Measures everything twice and people once."),
    Villager("hilda", "Hilda", 1, "Keeps bees. They vote with their feet."),
)

VILLAGE: Final = "village"
CRITICS: Final = "critics"

CIRCLES: Final = (
    Circle(
        VILLAGE,
        "Lower Wells",
        "What the village of Lower Wells writes together: minutes, plans, recipes and the odd complaint.",
        {"ada": 3000, "bo": 2000, "gus": 2000, "cy": 2000, "elin": 1000, "fay": 1000, "dee": 1000, "hilda": 1000},
        areas=(
            {"area": "green", "name": "The green"},
            {"area": "water", "name": "Water", "parent": "green"},
            {"area": "feasts", "name": "Bread and music"},
        ),
    ),
    # Hides only what its members vote against, so it can serve as a lens.
    Circle(
        CRITICS,
        "Lower Wells, unvarnished",
        "Four people who read what the village writes. We hide what is only there to be nice, and show what was asked "
        "once too often.",
        {"dee": 3000, "fay": 2000, "gus": 2000, "elin": 1000},
        default_score=250_000,
    ),
)
SUBJECT: Final = "Upper Wells"
