"""A plot: a picture that says what it shows, and the same as a table, for people who don't see pictures."""

from __future__ import annotations

import msgspec
from markupsafe import Markup


class Plot(msgspec.Struct, frozen=True):
    """`svg` has a title and the conclusion inside; `rows` hold the same in words and numbers."""

    title: str
    conclusion: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
