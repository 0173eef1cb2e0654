"""No vector about decisions is left out: each is named in a test of this folder, or is about what doesn't exist yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tests.support.folders import read_vectors

MORE: Any = read_vectors("decisions_more.json")
TALLIES: Any = read_vectors("flowback_tallies.json")
LATER: Final = {"E8", "E9", "E10", "E11"}  # continuous votes, and the exchange of votes


def test_every_vector_is_met_by_a_test_or_waits_for_what_comes_later() -> None:
    others = [file for file in Path(__file__).parent.glob("test_*.py") if file != Path(__file__)]
    tests = "".join(file.read_text(encoding="utf-8") for file in others)
    assert {vector["id"] for vector in MORE if f'"{vector["id"]}"' not in tests} == LATER


def test_vectors_hold_no_kind_that_no_test_looks_at() -> None:
    """Tests take these by kind, so one of another kind would be met by none."""
    kinds = {case["kind"] for vector in MORE if vector["id"] == "E13" for case in vector["cases"]}
    assert kinds == {"for-against", "date", "quorum"}
    assert [vector["id"] for vector in TALLIES["tallies"] if vector["kind"] != "score"] == ["T6"]
    assert [case["id"] for case in TALLIES["combined_bets"] if "combined" not in case] == ["B10"]
