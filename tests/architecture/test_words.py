"""AX-06: whatever a page says is in every language, and nothing is said that isn't marked."""

from __future__ import annotations

import re

import pytest

from pod.translations import DEFAULT, LANGUAGES, catalogues, messages_of
from tests.support.folders import ROOT
from tests.support.messages import TEMPLATES, bare_text, messages, shown

OTHERS = sorted(set(LANGUAGES) - {DEFAULT})
PLACE = re.compile(r"%\(\w+\)s")
# The name of the software, and languages, which are called what their speakers call them.
NAMES = {"Althing", "· Althing", "Svenska", "English"}


@pytest.mark.parametrize("language", OTHERS)
def test_ax_06_every_sentence_is_translated(language: str) -> None:
    told = messages_of(language)
    assert [message for message in messages() if not _said(told.get(_key(message)))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_ax_06_no_catalogue_translates_what_nobody_says(language: str) -> None:
    keys = {_key(message) for message in messages()}
    assert sorted(set(messages_of(language)) - keys) == []


@pytest.mark.parametrize("language", OTHERS)
def test_ax_06_a_translation_fills_in_the_same_values(language: str) -> None:
    for area, catalogue in catalogues(language).items():
        for message in catalogue:
            assert _places(message.id) == _places(message.string), (area, message.id)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.*ml")), ids=lambda path: path.name)
def test_ax_06_a_template_has_no_text_that_is_not_marked(path: object) -> None:
    source = (TEMPLATES / str(path)).read_text(encoding="utf-8")
    assert [text for text in bare_text(source) if text not in NAMES] == []


def test_ax_06_each_of_these_checks_finds_the_fault_planted_for_it() -> None:
    assert list(bare_text('<p class="x">{{ say("a") }} Hidden <b>{{ n }}</b></p>')) == ["Hidden"]
    assert list(shown('{{ say("a") }}{{ say.many("%(count)s b", "%(count)s bs", n) }}{{ other("c") }}')) == [
        "a",
        ("%(count)s b", "%(count)s bs"),
    ]
    assert (ROOT / "pod" / "locale" / "sv").is_dir()


def _places(text: str | list[str] | tuple[str, ...] | None) -> set[str]:
    last = text if isinstance(text, str) else (text or ("",))[-1]
    return set(PLACE.findall(last))


def _key(message: str | tuple[str, ...]) -> str:
    return message if isinstance(message, str) else message[0]


def _said(translation: str | tuple[str, ...] | None) -> bool:
    return bool(translation) and (isinstance(translation, str) or all(translation or ()))
