"""How often anybody may try 24 words here: each try may have this pod ask others, whichever door it comes by."""

from __future__ import annotations

import pytest

from pod.budgets.tries import RATES
from protocol.derivation import phrase_of
from tests.support.rig import RefusedByHttpError, ServedPod, call

MOST = RATES["recovery of an address"].most


def test_recoveries_by_the_api_are_counted_as_those_of_the_page_are(pod: ServedPod) -> None:
    pod.start()
    codes = []
    for number in range(MOST + 1):
        wish = {"name": "eve", "phrase": phrase_of(bytes([number]) * 32)}
        with pytest.raises(RefusedByHttpError) as refused:
            call("POST", f"{pod.url}/api/v1/recoveries", wish)
        codes.append(refused.value.status)
    assert codes == [404] * MOST + [429]
