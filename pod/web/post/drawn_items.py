"""The paragraphs of a post's page as HTML: drawn once for all who see the same of them, in the same language."""

from __future__ import annotations

from functools import partial

import msgspec
from markupsafe import Markup

from pod.translations import Translator
from pod.web.kit.fragments import FRAGMENTS
from pod.web.kit.templates import Page, templates
from pod.web.post.paragraphs import ItemView


class Frame(msgspec.Struct, frozen=True):
    """What an item's look depends on beside itself: whether one works on the text, and the text's language."""

    wiki: bool
    language: str


def drawn_item(say: Translator, frame: Frame, item: ItemView) -> Markup | ItemView:
    """An item as HTML; one with an open thread as it is, for its form has a token of this visitor's."""
    if any(paragraph.thread for paragraph in item.paragraphs):
        return item
    length = sum(len(paragraph.text) for paragraph in item.paragraphs)
    return FRAGMENTS.get((item, frame, say.language), length, partial(_draw, say, frame, item))


def _draw(say: Translator, frame: Frame, item: ItemView) -> Markup:
    template = templates().get_template("post/item.html")
    return Markup(template.render(item=item, view=frame, say=say, page=Page(say.language, here="")))  # noqa: S704  (a template's own output)
