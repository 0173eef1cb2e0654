"""The lens of a page: read from its address alone, told in a bar, and changed by one click.

`?lens=<group>&lens=<group>&combine=any|all&showing=shown|undecided|everything`; `lens=off` is no lens. Without `lens` a
page looks through its usual one. Two readers of the same address see the same, but for their own hides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote_plus

import msgspec
from aiohttp import web

from moderation.lens import MOST_GROUPS, Lens, Showing
from pod.actions.reading.lens.choices import Choice, LensChoices, list_lens_choices
from pod.app_keys import DEPS
from pod.rules.posts import PostRule
from pod.translations import Translator
from pod.web.kit.visitors import reader_of, say_of
from protocol.ids import RecordId, parse_id
from protocol.records.content import Token
from protocol.visibility import Combine

OFF: Final = "off"
_ID_IN_TEXT = re.compile(r"bagaaiera[a-z2-7]{52}")
_OURS = ("lens", "combine", "showing", "said")

Fields = list[tuple[str, str]]


class LensLink(msgspec.Struct, frozen=True):
    """A group that may be looked through: alone by `href`, with others by its box. `note`: how many voted here."""

    text: str
    href: str
    value: str
    on: bool
    note: str


class LensBar(msgspec.Struct, frozen=True):
    """The bar.

    `off`, `usual` and `home` lead to no lens, to the page's own and to the reader's usual one; each is empty where it
    would change nothing. `compare` may be empty.

    `kept`: fields of the address that the form sends along. Options are (value, text, chosen).
    """

    action: str
    kept: tuple[tuple[str, str], ...]
    now: str
    counts: tuple[str, ...]
    sections: tuple[tuple[str, tuple[LensLink, ...]], ...]
    combine: tuple[tuple[str, str, bool], ...]
    showing: tuple[tuple[str, str, bool], ...]
    off: str
    usual: str
    home: str
    compare: str


def lens_of(request: web.Request, *usual: RecordId) -> Lens:
    """The lens that the address names, of the `usual` groups if it names none; raises MalformedError."""
    named = [text for value in request.query.getall("lens", []) if (text := value.strip())]
    combine, showing = request.query.get("combine", ""), request.query.get("showing", "")
    if (combine and combine not in list(Combine)) or (showing and showing not in list(Showing)):
        raise PostRule.LENS_CHOICES.error()
    groups = tuple(dict.fromkeys(group_in(text) for text in named if text != OFF))
    if len(groups) > MOST_GROUPS:
        raise PostRule.LENS_TOO_LARGE.error(most=MOST_GROUPS)
    return Lens(
        () if OFF in named else groups or usual,
        Combine(combine) if combine else Combine.ANY,
        Showing(showing) if showing else Showing.SHOWN,
    )


def group_in(text: str) -> RecordId:
    """The group that a pasted text names: an id, or an address with one in it; raises MalformedError."""
    found = _ID_IN_TEXT.search(text)
    return parse_id(found.group() if found else text)


def lens_fields(lens: Lens, usual: Sequence[RecordId] = ()) -> Fields:
    """What an address says to name this lens; nothing of what a page does anyway."""
    named: Fields = [("lens", str(group)) for group in lens.groups] or [("lens", OFF)]
    fields = [] if lens.groups == tuple(usual) else named
    fields += [("combine", str(lens.combine))] if len(lens.groups) > 1 and lens.combine is not Combine.ANY else []
    return fields + ([("showing", str(lens.showing))] if lens.showing is not Showing.SHOWN else [])


def with_query(path: str, fields: Iterable[tuple[str, str]], anchor: str = "") -> str:
    """A path of this pod with a query, and maybe an anchor."""
    query = "&".join([f"{_encoded(name)}={_encoded(value)}" for name, value in fields])
    return path + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")


def _encoded(text: str) -> str:
    """As `quote_plus` does it; most names and values are ids, which stay as they are."""
    return text if text.isascii() and text.replace(".", "").isalnum() else quote_plus(text)


async def load_lens_bar(
    request: web.Request,
    lens: Lens,
    *,
    usual: Sequence[RecordId] = (),
    counts: Sequence[str] = (),
    token: Token | None = None,
    compare: str = "",
) -> LensBar:
    """The bar of a page whose path is the request's. `token` is what it shows, for the groups that voted on it."""
    choices = await list_lens_choices(request.app[DEPS], reader_of(request), lens.groups, token)
    kept = [(name, value) for name, value in request.query.items() if name not in _OURS]
    return lens_bar(
        say_of(request), request.path, lens, choices, usual=usual, kept=kept, counts=counts, compare=compare
    )


def lens_bar(
    say: Translator,
    path: str,
    lens: Lens,
    choices: LensChoices,
    *,
    usual: Sequence[RecordId] = (),
    kept: Fields | None = None,
    counts: Sequence[str] = (),
    compare: str = "",
) -> LensBar:
    """The bar, from values alone."""
    fields = kept or []

    def href(groups: Sequence[RecordId]) -> str:
        return with_query(path, [*lens_fields(msgspec.structs.replace(lens, groups=tuple(groups)), usual), *fields])

    def link(choice: Choice) -> LensLink:
        note = say.many("%(count)s vote here", "%(count)s votes here", choice.votes) if choice.votes else ""
        return LensLink(choice.name, href([choice.group]), choice.group, choice.group in lens.groups, note)

    return LensBar(
        action=path,
        kept=tuple(fields),
        now=lens_name(say, lens, {choice.group: choice.name for choice in choices.named}),
        counts=tuple(counts),
        sections=tuple((name, tuple(link(choice) for choice in found)) for name, found in _sections(say, choices)),
        combine=combine_options(say, lens.combine),
        showing=_showing(say, lens),
        off="" if lens.off else href(()),
        usual="" if lens.groups == tuple(usual) or not usual else href(usual),
        home=href(choices.home.groups) if choices.home and choices.home.groups != lens.groups else "",
        compare=compare,
    )


def _sections(say: Translator, choices: LensChoices) -> list[tuple[str, tuple[Choice, ...]]]:
    listed = {choice.group for choice in (*choices.own, *choices.voted, *choices.public)}
    sections = [
        (say("Looked through now"), tuple(choice for choice in choices.named if choice.group not in listed)),
        (say("Your groups"), choices.own),
        (say("Groups that voted here"), choices.voted),
        (say("Public groups"), choices.public),
    ]
    return [(name, found) for name, found in sections if found]


def lens_name(say: Translator, lens: Lens, names: Mapping[RecordId, str]) -> str:
    """How a lens is called: its groups, joined by how they are joined."""
    if lens.off:
        return say("off")
    joint = say(" or ") if lens.combine is Combine.ANY else say(" and ")
    return joint.join(names.get(group, f"…{group[-12:]}") for group in lens.groups)


def combine_of(request: web.Request) -> Combine:
    """How the address joins several groups; raises MalformedError."""
    return lens_of(request).combine


def combine_options(say: Translator, combine: Combine) -> tuple[tuple[str, str, bool], ...]:
    """The ways to join several groups: (value, text, chosen)."""
    texts = {Combine.ANY: say("any of them shows it"), Combine.ALL: say("all of them show it")}
    return tuple((str(value), text, value is combine) for value, text in texts.items())


def _showing(say: Translator, lens: Lens) -> tuple[tuple[str, str, bool], ...]:
    texts = {
        Showing.SHOWN: say("what has a score above 0"),
        Showing.UNDECIDED: say("also what is undecided (score 0)"),
        Showing.EVERYTHING: say("everything, whatever the score"),
    }
    return tuple((str(value), text, value is lens.showing) for value, text in texts.items())
