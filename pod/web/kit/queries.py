"""What the addresses of pages may say: cursors, numbers and choices. The pod refuses anything else."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from models.content.places import LogPlace
from pod.cursors import place_in
from pod.rules.requests import RequestRule
from pod.web.kit import lens_bar

LONGEST_NUMBER = 15


def before_of(request: web.Request, name: str = "before") -> int | None:
    """The cursor of a page; None for the first one. Raises MalformedError."""
    value = request.query.get(name)
    return None if value is None else number_in(value, name)


def place_before(request: web.Request) -> LogPlace | None:
    """The cursor of a page of a group's posts; None for the first one. Raises MalformedError."""
    return place_in(request.query.get("before"), "before")


def number_in(value: str, name: str) -> int:
    """A whole number ≥ 0; raises MalformedError with the name of what it should be."""
    if not (value.isascii() and value.isdecimal()) or len(value) > LONGEST_NUMBER:
        raise RequestRule.NUMBER_NEEDED.error(name=name)
    return int(value)


def with_query(path: str, fields: Iterable[tuple[str, str]]) -> str:
    """A path of this pod with a query; fields without a value are left out."""
    return lens_bar.with_query(path, [(name, value) for name, value in fields if value])
