"""The lens bar: its address says everything, its links change one thing each, and it escapes what groups are called."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from moderation.lens import Lens, Showing
from pod.actions.reading.lens.choices import Choice, LensChoices
from pod.translations import translator_for
from pod.web.kit.lens_bar import group_in, lens_bar, lens_fields, lens_of, with_query
from pod.web.kit.templates import templates
from protocol.errors import MalformedError
from protocol.ids import RecordId
from protocol.visibility import Combine
from tests.support.writing import an_id

HERE, VILLA, CLUB = an_id("here"), an_id("villa"), an_id("club")
EVIL = "<script>alert('x')</script>"


def asked(query: str, *usual: RecordId) -> Lens:
    return lens_of(make_mocked_request("GET", f"/g/x?{query}"), *usual)


LENSES = [
    Lens((HERE,)),
    Lens(()),
    Lens((VILLA,)),
    Lens((VILLA, HERE), Combine.ALL),
    Lens((HERE, VILLA), Combine.ANY, Showing.UNDECIDED),
    Lens((HERE,), Combine.ANY, Showing.EVERYTHING),
]


@pytest.mark.parametrize("lens", LENSES, ids=str)
def test_md_02_an_address_names_a_lens_exactly(lens: Lens) -> None:
    for usual in ((), (HERE,)):
        query = with_query("", lens_fields(lens, usual)).removeprefix("?")
        assert asked(query, *usual) == lens


def test_md_01_a_page_looks_through_its_own_group_and_says_nothing_of_it_in_its_address() -> None:
    assert asked("", HERE) == Lens((HERE,))
    assert lens_fields(Lens((HERE,)), (HERE,)) == []


def test_md_01_a_pasted_address_or_id_is_a_lens_and_an_empty_field_none() -> None:
    assert group_in(f"https://pod.example/g/{VILLA}?x=1") == VILLA
    assert asked(f"lens=&lens=%20{VILLA}%20", HERE).groups == (VILLA,)
    assert asked("lens=", HERE).groups == (HERE,)


@pytest.mark.parametrize(
    "query",
    ["lens=parish", "combine=some", "showing=nothing", "&".join(f"lens={an_id(number)}" for number in range(13))],
)
def test_md_01_an_address_that_names_no_lens_is_refused(query: str) -> None:
    with pytest.raises(MalformedError):
        asked(query)


def shown(lens: Lens, **more: Any) -> str:
    choices = LensChoices(
        named=tuple(Choice(group, EVIL) for group in lens.groups),
        own=(Choice(HERE, "Here"),),
        voted=(Choice(VILLA, EVIL, 3),),
        public=(Choice(CLUB, "Club"),),
    )
    bar = lens_bar(translator_for("en"), "/g/x", lens, choices, usual=(HERE,), **more)
    source = '{% import "post/lens_bar.html" as lenses with context %}{{ lenses.bar(bar) }}'
    return templates().from_string(source).render(bar=bar, say=translator_for("en"))


def test_md_01_the_bar_tells_the_lens_its_counts_and_one_click_to_another() -> None:
    text = shown(Lens((HERE,)), kept=[("mode", "wiki")], counts=["3 paragraphs hidden"], compare="/compare")
    assert "3 paragraphs hidden" in text
    assert f'href="/g/x?lens={VILLA}&amp;mode=wiki"' in text
    assert "3 votes here" in text
    assert 'href="/g/x?lens=off&amp;mode=wiki"' in text
    assert 'href="/compare"' in text
    assert '<input type="hidden" name="mode" value="wiki">' in text
    assert "This group's own" not in text


def test_md_09_groups_are_joined_and_the_lens_is_taken_off_in_the_bar() -> None:
    text = shown(Lens((HERE, VILLA), Combine.ALL, Showing.UNDECIDED))
    for ticked in (
        f'value="{HERE}" aria-label="Join: Here" checked',
        'value="all" checked',
        'value="undecided" checked',
    ):
        assert ticked in text
    assert 'href="/g/x?lens=off&amp;showing=undecided"' in text
    assert "Lens: <bdi>off" in shown(Lens(()))


def test_ax_10_the_name_of_a_group_is_escaped_in_the_bar() -> None:
    text = shown(Lens((VILLA,)))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


@given(st.lists(st.tuples(st.text(), st.text())))
def test_a_query_is_written_as_the_library_writes_it(fields: list[tuple[str, str]]) -> None:
    fields = [*fields, ("target", "bagaaiera.3"), ("q", "a b&c=ä~_-.²")]
    assert with_query("/x", fields) == f"/x?{urlencode(fields)}"
