"""README.html: everything that somebody wrote, in one file that a browser shows without a server and without a network.

It is a list; a script of its own makes it searchable. Its policy allows that script and its style, each by its hash,
and nothing else: no request leaves it, whatever the posts say. A link to a post on its pod waits for a click.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from importlib.resources import files
from itertools import groupby
from typing import Final

import msgspec
from markupsafe import Markup

from pod.actions.reading.person.own_words import OwnWriting
from pod.archive.contents import BOOKMARKS, FOLLOWERS, FOLLOWING, LIKES, MANIFEST, MUTED, OUTBOX, SUMS
from pod.translations import Translator
from protocol.ids import RecordId
from protocol.records.content import Paragraph

STYLE: Final = Markup(files("pod.archive").joinpath("readme.css").read_text(encoding="utf-8"))  # noqa: S704  (our own file)
SCRIPT: Final = Markup(files("pod.archive").joinpath("readme.js").read_text(encoding="utf-8"))  # noqa: S704  (our own file)


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY: Final = (
    f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"
)
_STYLED: Final = {
    "quote": Markup('<blockquote dir="auto">{}</blockquote>'),
    "code": Markup("<pre><code>{}</code></pre>"),
    "list-item": Markup('<li dir="auto">{}</li>'),
    "text": Markup('<p dir="auto">{}</p>'),
    "image": Markup('<p dir="auto">{}</p>'),
}
_HEADING: Final = Markup('<h4 dir="auto">{}</h4>')  # of all depths: what is above is the post's own


class ReadmeGroup(msgspec.Struct, frozen=True):
    """A group in which the account wrote. `count`: of posts and edits; `person`: it is the personal group."""

    id: RecordId
    name: str
    count: int
    person: bool
    private: bool


class ReadmeOf(msgspec.Struct, frozen=True):
    """Whose file it is. `lines`: how many each class has; `left_out`: private groups that weren't asked for."""

    name: str
    pod: str
    at: int
    groups: Sequence[ReadmeGroup]
    lines: Sequence[tuple[str, int]]
    left_out: int


def readme_head(say: Translator, told: ReadmeOf) -> str:
    """The beginning, up to the first group."""
    title = say("All that %(name)s wrote", name=told.name)
    total = sum(group.count for group in told.groups)
    return Markup(
        '<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        "<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n{lead}</header>\n"
        "{search}<main>\n{contents}"
    ).format(
        language=say.language,
        policy=POLICY,
        title=title,
        style=STYLE,
        lead=_lead(say, told, total),
        search=_search(say),
        contents=_contents(say, told.groups) + _files(say, told),
    )


def _lead(say: Translator, told: ReadmeOf, total: int) -> Markup:
    made = say("Made by %(pod)s on %(at)s.", pod=told.pod, at=say.moment(told.at))
    count = say.many("%(count)s post or edit.", "%(count)s posts and edits, the newest first.", total)
    rule = say("Only their own words stand here, as they are now; what was erased isn't here.")
    left = say.many(
        "What was written in %(count)s private group was left out.",
        "What was written in %(count)s private groups was left out.",
        told.left_out,
    )
    lines = [f"{made} {count}", rule, *([left] if told.left_out else [])]
    return Markup("").join(Markup("<p>{}</p>\n").format(line) for line in lines)


def _search(say: Translator) -> Markup:
    found = say("Found: %(count)s", count=Markup("{}"))
    return Markup(
        "<noscript><p>{}</p></noscript>\n"
        '<div role="search" class="search" hidden>\n<label for="wanted">{}</label>\n'
        '<input id="wanted" type="search" autocomplete="off" spellcheck="false">\n'
        '<p role="status" data-found="{}"></p>\n</div>\n'
    ).format(say("Your browser's own search finds words on this page (Ctrl+F)."), say("Search in all of it"), found)


def _contents(say: Translator, groups: Sequence[ReadmeGroup]) -> Markup:
    if not groups:
        return Markup("<p>{}</p>\n").format(say("Nothing was written yet."))
    lines = Markup("").join(
        Markup('<li><a href="#{}"><bdi>{}</bdi></a> <span class="faint">{}</span></li>\n').format(
            group.id, _group_name(say, group), say.number(group.count)
        )
        for group in groups
    )
    return Markup('<nav aria-label="{}">\n<ul>\n{}</ul>\n</nav>\n').format(say("Where it was written"), lines)


def _files(say: Translator, told: ReadmeOf) -> Markup:
    """What else lies beside this file, for whoever wonders."""
    facts = [
        (OUTBOX, say("The posts, for programs that read Mastodon's archives.")),
        (f"{FOLLOWING}, {MUTED}", say("Whom you follow and mute, for Mastodon and programs like it.")),
        (FOLLOWERS, say("Who follows you from other servers.")),
        (f"{LIKES}, {BOOKMARKS}", say("Posts that you voted for; bookmarks, of which there are none here.")),
        ("classes/", say("The whole account, for another pod: every record with its signature.")),
        (MANIFEST, say("What the pod signed for: how many lines each class has, and their hash.")),
        (SUMS, say("A hash of each file: `sha256sum -c SHA256SUMS` finds a damaged one.")),
        *(
            (f"classes/{name}.jsonl", say.many("%(count)s line", "%(count)s lines", count))
            for name, count in told.lines
        ),
    ]
    lines = Markup("").join(Markup("<dt><code>{}</code></dt><dd>{}</dd>\n").format(*fact) for fact in facts)
    return Markup("<details>\n<summary>{}</summary>\n<dl>\n{}</dl>\n</details>\n").format(
        say("What else is in the archive"), lines
    )


def readme_group(say: Translator, group: ReadmeGroup) -> str:
    """The beginning of a group's section."""
    closed = Markup('<p class="faint">{}</p>\n').format(say("A private group: only its members read this."))
    return Markup('<section id="{}" data-group aria-labelledby="h-{}">\n<h2 id="h-{}" dir="auto">{}</h2>\n{}').format(
        group.id, group.id, group.id, _group_name(say, group), closed if group.private else ""
    )


def readme_group_end() -> str:
    """The end of a group's section."""
    return "</section>\n"


def readme_posts(say: Translator, base: str, group: RecordId, written: Iterable[OwnWriting]) -> str:
    """Some posts of a group. `base`: the pod's address, where each has its page."""
    return Markup("").join(_post(say, f"{base}/g/{group}/posts/{one.post}", one) for one in written)


def readme_end() -> str:
    """The end of the file."""
    return Markup("</main>\n<script>{}</script>\n</body>\n</html>\n").format(SCRIPT)


def _post(say: Translator, page: str, one: OwnWriting) -> Markup:
    kind = say("Edit of another's post") if one.kind == "edit" else say("Reply") if one.reply_to else ""
    when = say.time(one.at)
    heading = Markup('<span dir="auto">{}</span>').format(one.title) if one.title else when
    former = Markup('<details><summary>{}</summary>\n<div class="words">{}</div></details>\n').format(
        say("Your earlier words"), _words(one.former)
    )
    return Markup(
        "<article{language}>\n<h3>{heading}</h3>\n"
        '<p class="faint"{own}>{facts}<a href="{page}">{link}</a></p>\n'
        '<div class="words">{words}</div>\n{former}</article>\n'
    ).format(
        language=Markup(' lang="{}"').format(one.language) if one.language else "",
        own=Markup(' lang="{}"').format(say.language) if one.language else "",
        heading=heading,
        facts=Markup("").join(Markup("{} · ").format(fact) for fact in (when if one.title else "", kind) if fact),
        page=page,
        link=say("On the pod"),
        words=_words(one.paragraphs),
        former=former if one.former else "",
    )


def _words(paragraphs: Sequence[Paragraph]) -> Markup:
    """Paragraphs; list items that follow each other are one list, and pictures, which no pod holds yet, their words."""
    pieces: list[Markup] = []
    for style, run in groupby(paragraphs, key=lambda paragraph: paragraph.style):
        form = _STYLED.get(style, _HEADING)
        written = [form.format(one.text) for one in run]
        pieces += [Markup("<ul>"), *written, Markup("</ul>")] if style == "list-item" else written
    return Markup("").join(pieces)


def _group_name(say: Translator, group: ReadmeGroup) -> str:
    return say("Your own page") if group.person else group.name
