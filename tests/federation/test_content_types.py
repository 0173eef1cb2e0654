from typing import Any

import pytest

from federation.content_types import is_as2, is_one_of, parse_content_type, prefers_page
from tests.support.folders import read_vectors

TYPES: Any = read_vectors("hostile-inputs.json")["content_types"]


@pytest.mark.parametrize("field", TYPES["accept"])
def test_fed_6_the_two_types_of_activitypub_are_taken_in_every_spelling(field: str) -> None:
    essence, semicolon, parameters = field.partition(";")
    assert is_as2(field)
    assert is_as2(f"{essence.upper()} {semicolon}{parameters}")


@pytest.mark.parametrize(
    "field",
    [
        *TYPES["reject"],
        "application/activity+json; charset=utf-8; charset=utf-16",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams',
        "application/activity+json\r\nX: y",
        "application/activity+json;" + "a=b;" * 200,
    ],
)
def test_fed_6_every_other_type_is_refused(field: str) -> None:
    assert not is_as2(field)


def test_a_type_is_read_with_its_parameters() -> None:
    read = parse_content_type('Application/JRD+json ; Charset="utf-8"')
    assert read is not None
    assert read == ("application/jrd+json", {"charset": "utf-8"})
    assert is_one_of("image/png", frozenset({"image/png"}))
    assert not is_one_of("image/svg+xml", frozenset({"image/png"}))


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("text/html, application/activity+json;q=0.5", True),
        ('application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"', False),
        ("application/activity+json, text/html;q=0.1", False),
        ("text/html;q=0.8, application/ld+json", False),
        ("text/html;q=0.8, application/json;q=0.8", False),
        ("text/html;q=0", False),
        ("text/html;q=nan", False),
        ("*/*", False),
        ("", False),
        ("text/html," * 200, False),
    ],
)
def test_a_page_is_for_who_ranks_it_above_every_json(accept: str, page: bool) -> None:
    assert prefers_page(accept) is page
