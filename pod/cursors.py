"""Where a page of posts goes on, as addresses say it: the place where the page before ended, or an index of the log."""

from models.content.places import LogPlace, parse_place
from pod.rules.requests import RequestRule


def place_in(value: str | None, name: str) -> LogPlace | None:
    """The place that a cursor names; None for None. Raises MalformedError, which names the wanted form, `name`."""
    if value is None:
        return None
    place = parse_place(value)
    if place is None:
        raise RequestRule.PLACE_NEEDED.error(name=name)
    return place
