"""`pod verify-result` says the same with several processes as with one."""

from __future__ import annotations

import json

import msgspec
import pytest

from decisions.bundle.verify import verify
from pod.cli import results
from tests.decisions.bundle.decided import Decided


def test_dc_17_several_processes_say_of_a_file_what_one_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "FEWEST_FOR_ALL", 1)
    honest = msgspec.json.encode(Decided().bundle())
    file = json.loads(honest)
    file["items"][1]["proof"] = [file["items"][1]["proof"]]
    twice = json.dumps({**file, "items": [*file["items"], file["items"][-1]]}).encode()
    forged = honest.replace(b'"choice":"yes"', b'"choice":"no"', 1)

    with results.opener(2) as together:
        for data in (honest, twice, forged):
            assert verify(data, together) == verify(data)
        assert [bool(verify(data, together).faults) for data in (honest, twice, forged)] == [False, True, True]
