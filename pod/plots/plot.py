"""A plot: a picture that says what it shows, and the same as a table, for people who don't see pictures."""

from __future__ import annotations

import msgspec
from markupsafe import Markup

from pod.spreadsheets import spreadsheet


class Figures(msgspec.Struct, frozen=True):
    """A plot's exact numbers for programs: English names, one row a thing, times in RFC 3339."""

    names: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]

    @property
    def csv(self) -> str:
        """All of it as CSV."""
        return spreadsheet(self.names, self.rows)


class Plot(msgspec.Struct, frozen=True):
    """`svg` has a title and the conclusion inside; `rows` hold the same in words, `figures` for programs."""

    title: str
    conclusion: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: Figures = Figures((), ())
