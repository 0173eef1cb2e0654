"""A form is read as the library reads it, and costs what its bytes cost."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from pod.budgets.bodies import BODY, FORM_TYPE
from pod.clock import processor_ns
from pod.web.kit.sent_form import MOST_FIELDS, PostedForm, sent_form
from protocol.errors import MalformedError

MIB = 1024 * 1024
SOME = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=40)), max_size=6)


class Sent(dict[Any, Any]):
    """As much of a request as the form is read from."""

    content_type = FORM_TYPE


def read(body: bytes) -> PostedForm:
    return sent_form(cast("web.Request", Sent({BODY: body})))


def by_the_library(body: bytes) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))


@given(SOME)
def test_what_a_browser_writes_is_read_as_the_library_reads_it(fields: list[tuple[str, str]]) -> None:
    body = urlencode(fields, errors="replace").encode()
    assert read(body).fields == by_the_library(body)


@given(st.text("a=%&+3Ddé \r\n_~", max_size=40))
def test_so_is_what_no_browser_writes(text: str) -> None:
    body = text.encode()
    assert read(body).fields == by_the_library(body)


@pytest.mark.parametrize("unit", [b"%C3%A5", b"%", b"%2", b"%%%25", b"a%3D=&"], ids=repr)
def test_w2_a_long_form_of_percents_costs_what_its_bytes_cost(unit: bytes) -> None:
    body = (b"a=" + unit * (2 * MIB // len(unit)))[: 2 * MIB]
    began = processor_ns()
    try:
        read(body)
    except MalformedError:
        assert unit != b"%C3%A5"
    took = processor_ns() - began
    began = processor_ns()
    parse_qsl(("a=" + "%C3%A5" * (2 * MIB // 6)), keep_blank_values=True)
    assert took < (processor_ns() - began) / 3
