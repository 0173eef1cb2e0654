"""The addresses of a post and its parts: anchors, its pages in the same lens, and what a button acts on."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from moderation.lens import Lens
from pod.rules.posts import PostRule
from pod.web.kit.lens_bar import lens_fields, lens_of, with_query
from protocol.canonical import parse_json
from protocol.ids import RecordId, parse_id
from protocol.records.content import Address, ParagraphTarget, PostTarget, parse_target

SHORT: Final = 12
LONGEST_INDEX: Final = 6
MOST_TARGET_BYTES: Final = 4096
WIKI: Final = "wiki"


class Link(msgspec.Struct, frozen=True):
    """A text that leads somewhere."""

    text: str
    href: str


class PostLinks(msgspec.Struct, frozen=True):
    """Links about a post of a group, looked at through a lens, to read or (`wiki`) to work on."""

    group: RecordId
    post: RecordId
    lens: Lens
    wiki: bool = False

    @property
    def group_path(self) -> str:
        """The page of the group."""
        return f"/g/{self.group}"

    @property
    def path(self) -> str:
        """The page of the post, without lens or mode."""
        return f"{self.group_path}/posts/{self.post}"

    def to(self, below: str = "", *, anchor: str = "", **fields: str) -> str:
        """A page below the post's, in the same lens."""
        named = [*fields.items(), *lens_fields(self.lens, (self.group,))]
        return with_query(self.path + (f"/{below}" if below else ""), named, anchor)

    def here(self, *, anchor: str = "", **fields: str) -> str:
        """The post's page as it is looked at now."""
        return self.to(anchor=anchor, **({"mode": WIKI} if self.wiki else {}), **fields)

    def paragraph_path(self, address: Address, act: str) -> str:
        """Where something is done to a paragraph, in the same lens."""
        return self.to(f"paragraphs/{address.record}/{address.index}/{act}")


def links_of(request: web.Request) -> PostLinks:
    """The post that a request names, and through which lens; raises MalformedError."""
    group, post = (parse_id(request.match_info[name]) for name in ("group", "post"))
    return PostLinks(group, post, lens_of(request, group), request.query.get("mode") == WIKI)


def anchor_of(address: Address) -> str:
    """Where a paragraph stands on a page."""
    return f"p-{address.record[-SHORT:]}-{address.index}"


def reply_anchor(post: RecordId) -> str:
    """Where a reply stands on a page."""
    return f"r-{post[-SHORT:]}"


def named(target: PostTarget | ParagraphTarget) -> str:
    """A target as addresses and buttons name it: `<post>` or `<record>.<index>`."""
    if isinstance(target, PostTarget):
        return target.post
    return f"{target.paragraph.record}.{target.paragraph.index}"


def target_in(text: str) -> PostTarget | ParagraphTarget:
    """The post or paragraph that a text names, so or as the API does in JSON; raises MalformedError."""
    if text.startswith("{"):
        target = parse_target(parse_json(text.encode(), max_bytes=MOST_TARGET_BYTES, max_depth=3))
        if isinstance(target, PostTarget | ParagraphTarget):
            return target
        raise PostRule.POST_OR_PARAGRAPH.error()
    record, dot, _ = text.partition(".")
    return ParagraphTarget(address_in(text)) if dot else PostTarget(parse_id(record))


def address_in(text: str) -> Address:
    """The paragraph that a text names; raises MalformedError."""
    record, _, index = text.partition(".")
    if not (index.isascii() and index.isdecimal()) or len(index) > LONGEST_INDEX:
        raise PostRule.PARAGRAPH_BY_NUMBER.error()
    return Address(parse_id(record), int(index))


def address_of(request: web.Request) -> Address:
    """The paragraph that a path names; raises MalformedError."""
    return address_in(f"{request.match_info['record']}.{request.match_info['index']}")


def sign_in_to(path: str) -> str:
    """The page on which one signs in and comes back."""
    return f"/sign-in?{urlencode({'to': path})}"
