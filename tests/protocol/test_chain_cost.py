"""What a long chain costs: one item more costs the same at the head of a thousand and of a hundred thousand."""

import pytest

from tests.bench.chain import LONG, SHORT, a_long_chain, extending


@pytest.mark.slow
def test_extending_the_head_costs_the_same_however_long_the_chain_is() -> None:
    base, records = a_long_chain(LONG)

    short, long = extending(base, records[:SHORT]), extending(base, records)

    # A copy or a scan of the chain would cost a hundred times as much; trees of 32 branches and cold caches, a little.
    assert long < 8 * short
