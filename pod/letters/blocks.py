"""A mail of blocks, each with a title that leads somewhere, a sentence and a reason: as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from pod.actions.letters import Letter
from pod.translations import Translator


class LetterBlock(msgspec.Struct, frozen=True):
    """One thing that is told; `why`: for what reason."""

    title: str
    sentence: str
    url: str
    why: str


def letter_of(
    say: Translator, subject: str, name: str, blocks: Sequence[LetterBlock], ending: Sequence[str], stop: str
) -> Letter:
    """The mail to somebody of this name. `stop`: the address by which mails of its kind are stopped."""
    greeting = say("Hello %(name)s,", name=name)
    told = [f"{one.title}\n{one.sentence}\n{one.url}\n{one.why}" for one in blocks]
    html = Markup("").join(
        [
            Markup("<p>{}</p>").format(greeting),
            *(
                Markup('<h2><a href="{}">{}</a></h2><p>{}</p><p>{}</p>').format(
                    one.url, one.title, one.sentence, one.why
                )
                for one in blocks
            ),
            *(Markup("<p>{}</p>").format(line) for line in ending),
        ]
    )
    whole = Markup('<!doctype html><html lang="{}"><body>{}</body></html>').format(say.language, html)
    return Letter(subject, "\n\n".join([greeting, *told, *ending]) + "\n", str(whole), stop)
