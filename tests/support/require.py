"""A missing prerequisite skips a test with one line, or fails it when POD_REQUIRE names it."""

import os
from typing import NoReturn

import pytest


def is_required(what: str) -> bool:
    """Whether POD_REQUIRE, a list with commas, names `what` (postgres, browser, vectors, seeds, data, node)."""
    return what in {name.strip() for name in os.environ.get("POD_REQUIRE", "").split(",")}


def do_without(what: str, sentence: str) -> NoReturn:
    """Skip the running test, or the module being collected; `sentence` says how to get what is missing."""
    if is_required(what):
        pytest.fail(f"{sentence} (POD_REQUIRE asks for {what}.)", pytrace=False)
    pytest.skip(sentence, allow_module_level=True)
