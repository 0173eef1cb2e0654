"""What the people of the demo write: articles, notes, replies, and two views of one subject."""

from __future__ import annotations

from typing import Final

from pod.demo.village import CRITICS, SUBJECT, VILLAGE, Block, VillageAnswer, VillageText


def _heading(text: str) -> Block:
    return Block(text, "heading-1")


def _item(text: str) -> Block:
    return Block(text, "list-item")


def _quote(text: str) -> Block:
    return Block(text, "quote")


ARTICLES: Final = (
    VillageText(
        "well",
        VILLAGE,
        "ada",
        "The well on the green",
        (
            _heading("What we know"),
            Block("The well on the green has given a bucket a day since August. Ten years ago it gave forty."),
            Block("The mill pond stands a hand lower than last autumn, so it isn't the pump. I asked the pump."),
            _heading("What we could do"),
            _item("Dig four metres deeper, as the council of 1921 did."),
            _item("Collect the rain of the school roof."),
            _item("Ask the people who flush with it to stop."),
            _quote(
                "Whoever drinks from the well should know how deep it is. (carved on the rim, 1788, author thirsty)"
            ),
        ),
    ),
    VillageText(
        "supper",
        VILLAGE,
        "bo",
        "Harvest supper",
        (
            Block(
                "Saturday after the first frost, in the barn. Bring a plate, a chair, and what you said you'd bring."
            ),
            Block("I bring bread for eighty. Somebody else please bring a sweet."),
            Block("The band is the one of last year. It has learned a second song."),
        ),
    ),
    VillageText(
        "minutes",
        VILLAGE,
        "gus",
        "Minutes of the well committee, 3 November",
        (
            Block("Present: Ada (keys), Bo (chair, the one with the cushion), Gus (minutes). Excused: the well."),
            _item("The depth was measured: 11.4 m, of which 0.6 m water. It was measured again: 11.4 m."),
            _item("The rig costs 3,200 a day. Nobody knew that it is paid by the day and not by the metre."),
            _item("Decided: nothing, unanimously, but with great seriousness."),
            Block("The committee worked hard and thanks itself for the good spirit in which it worked."),
            Block("Next meeting on the 17th, in the barn, because the pump house is full of minutes."),
        ),
    ),
    VillageText(
        "bus",
        VILLAGE,
        "elin",
        "Söndagsbussen",
        (
            Block("Det går ingen buss på söndagar. Det har det aldrig gjort, och jag vet det, för jag kör den."),
            Block("Men: om sju personer ringer före lördag kväll, så kör jag. Sju, inte sex och en hund."),
            Block("Förra gången blev det sex och en hund. Hunden hade betalat."),
        ),
        language="sv",
    ),
    VillageText(
        "turnovers",
        VILLAGE,
        "cy",
        "Apple turnovers for eighty",
        (
            Block("The school bakes for the supper. This is what forty turnovers need; then do it again."),
            _item("4 kg flour from Bo's mill"),
            _item("2 kg butter, cold, and somebody who won't eat it"),
            _item("6 kg apples from the tree by the bus stop"),
            Block("Fold three times, rest an hour, fold again. Children fold better if it is called a treasure map."),
            Block("Bake at 200 degrees until the smell reaches the second floor."),
        ),
    ),
    VillageText(
        "barrow",
        VILLAGE,
        "bo",
        "",
        (
            Block(
                "Found on the mill path: one wheelbarrow, green, left wheel of its own opinion. It is behind the mill."
            ),
        ),
    ),
    VillageText("sunday", VILLAGE, "dee", "", (Block("Is there really no bus on Sundays?"),)),
    VillageText(
        "welcome",
        CRITICS,
        "dee",
        "What this is for",
        (
            Block("The village is kind, so it hides what is awkward. We aren't unkind; we only read to the end."),
            Block("Take us as your lens, and the same posts look different. What we hide is one click away."),
        ),
    ),
)

REPLIES: Final = (
    VillageText(
        "sixty",
        VILLAGE,
        "fay",
        "",
        (Block("Forty? My grandmother said sixty. But she sold water."),),
        VillageAnswer("well", 1),
    ),
    VillageText(
        "upstream",
        VILLAGE,
        "dee",
        "",
        (Block("Has anybody asked Upper Wells, who dug theirs in June, eight days before ours went low?"),),
        VillageAnswer("well"),
    ),
    VillageText(
        "mustard",
        VILLAGE,
        "elin",
        "",
        (Block("Jag tar med senap. Det är ingen efterrätt, men ingen har sagt nej."),),
        VillageAnswer("supper", 1),
        language="sv",
    ),
    VillageText(
        "length",
        VILLAGE,
        "dee",
        "",
        (Block("The minutes are longer than the well is deep."),),
        VillageAnswer("minutes"),
    ),
    VillageText(
        "mine",
        VILLAGE,
        "ada",
        "",
        (Block("Mine. It left on its own; please don't encourage it."),),
        VillageAnswer("barrow"),
    ),
    VillageText(
        "neighbours",
        VILLAGE,
        "ada",
        "",
        (Block("Good neighbours, four kilometres up the brook. They lend us the rig and we lend them the band."),),
        VillageAnswer(subject=SUBJECT),
    ),
    VillageText(
        "borrowers",
        CRITICS,
        "fay",
        "",
        (Block("They lend us the rig at 3,200 a day, and they have our water. The band is the only fair part."),),
        VillageAnswer(subject=SUBJECT),
    ),
)

LATE_REPLIES: Final = (
    VillageText(
        "measured",
        VILLAGE,
        "gus",
        "",
        (Block("The school's book of 1931 says 41, every day for a year, in the same hand. I believe the hand."),),
        VillageAnswer("sixty"),
    ),
    VillageText(
        "seven",
        VILLAGE,
        "dee",
        "",
        (Block("I'd be the seventh. Is the dog still interested?"),),
        VillageAnswer("bus", 1),
    ),
)
