"""What the people of the demo do to each other's texts: changes, some of them rivals, and votes in both circles."""

from __future__ import annotations

from typing import Final

from pod.demo.village import CRITICS, SUBJECT, VILLAGE, Block, VillageChange, VillageVote

CHANGES: Final = (
    VillageChange(
        "depth", "cy", "well", 2, Block("The school measured, too: 11.4 m of depth, 0.6 m of water (3 November).")
    ),
    # Two versions of one paragraph; the village decides for Bo's.
    VillageChange(
        "after-harvest",
        "bo",
        "well",
        4,
        Block("Dig four metres deeper, but only after the harvest: the rig blocks the road.", "list-item"),
        instead=True,
    ),
    VillageChange(
        "six-metres",
        "gus",
        "well",
        4,
        Block("Dig six metres deeper: in 1921 four reached dry gravel. I have the drawing.", "list-item"),
        instead=True,
    ),
    VillageChange(
        "bottled", "dee", "well", 5, Block("Or buy bottled water. It's cheap, and it has a label.", "list-item")
    ),
    VillageChange(
        "sweet", "cy", "supper", 1, Block("The school bakes eighty apple turnovers. It is written down, so it's true.")
    ),
    VillageChange(
        "beer",
        "fay",
        "supper",
        2,
        Block("The Dry Bucket brings a barrel, brewed from rain. You'll taste the school roof."),
    ),
    VillageChange("met", "dee", "minutes", 4, Block("The committee met."), instead=True),
    VillageChange(
        "flour",
        "bo",
        "turnovers",
        1,
        Block("3.5 kg flour from the mill; this year's drinks more water", "list-item"),
        instead=True,
    ),
)


def _village(
    voter: str, value: int, text: str = "", reason: str = "", *, change: str = "", at: int | None = None
) -> VillageVote:
    return VillageVote(VILLAGE, voter, value, text, at, change, reason=reason)


def _critics(
    voter: str, value: int, text: str = "", reason: str = "", *, change: str = "", at: int | None = None
) -> VillageVote:
    return VillageVote(CRITICS, voter, value, text, at, change, reason=reason)


BALLOTS: Final = (
    _village("bo", 1000, "well", "Well put."),
    _village("cy", 1000, "well"),
    _village("gus", 1000, "well", "The numbers are right. I checked."),
    _village("dee", -250, "well", "Too long."),
    _village("ada", 1000, "supper"),
    _village("cy", 500, "supper", "Half a vote for the band."),
    _village("elin", 1000, "supper"),
    _village("ada", 1000, "minutes", "Thank you for writing at all."),
    _village("bo", 1000, "minutes"),
    _village("ada", 500, "bus"),
    _village("fay", 1000, "bus", "Sju! Räkna med mig."),
    _village("bo", 1000, "turnovers"),
    _village("fay", 1000, "turnovers", "The dough really is a treasure map."),
    # The village hides this paragraph, because it asks the same question again; the critics show it.
    _village("bo", -1000, "sunday", "Asked last week."),
    _village("elin", -1000, "sunday", "Svaret står i Söndagsbussen."),
    _village("ada", -500, "length", "Funny, but Gus wrote them by hand."),
    _village("bo", -500, "length"),
    _village("ada", 1000, change="depth"),
    _village("dee", 500, change="depth"),
    _village("ada", 1000, change="after-harvest", reason="Right, the road."),
    _village("cy", 1000, change="after-harvest"),
    _village("elin", 1000, change="after-harvest", reason="Bussen måste fram."),
    _village("fay", 1000, change="six-metres", reason="Four metres of dry gravel is a dear sandpit."),
    _village("ada", -1000, change="bottled", reason="Not for a village with a brook."),
    _village("bo", -500, change="bottled"),
    _village("dee", 1000, change="bottled"),
    _village("bo", 1000, change="sweet"),
    _village("ada", 500, change="beer", reason="If the roof was swept."),
    _village("gus", -1000, change="met", reason="We did more than meet."),
    _village("cy", 1000, change="flour", reason="The baker should know."),
    _village("elin", 500, "measured"),
    _village("cy", 1000, "sixty"),
    _critics("dee", 1000, "sunday", "A fair question stays one."),
    _critics("fay", 1000, "sunday"),
    _critics("fay", 1000, "length", "And deeper."),
    _critics("elin", 500, "length"),
    _critics("dee", -1000, "supper", "Says what everybody knows."),
    _critics("dee", -1000, "minutes", "Nobody thanks themselves in my lens.", at=4),
    _critics("fay", -500, "minutes", at=4),
    _critics("fay", 1000, change="met"),
    _critics("dee", 1000, change="bottled"),
    _critics("gus", 1000, change="six-metres", reason="Still right."),
    _critics("dee", 1000, "upstream", "Nobody answered this yet."),
    VillageVote(VILLAGE, "ada", 500, subject=SUBJECT, reason="They came with buckets in 1959."),
    VillageVote(CRITICS, "fay", -500, subject=SUBJECT),
    VillageVote(VILLAGE, "cy", 1000, "turnovers", emoji="🥧"),
    VillageVote(VILLAGE, "fay", 1000, "barrow", emoji="😂"),
    VillageVote(VILLAGE, "gus", 1000, "barrow", emoji="😂"),
)
