"""By whose address tries and shares are counted, whatever proxies write."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from pod.requests import address_of


@pytest.mark.parametrize(
    ("peer", "fields", "counted"),
    [
        pytest.param("192.0.2.7", (), "192.0.2.7", id="who connects"),
        pytest.param("192.0.2.7", ("198.51.100.1",), "192.0.2.7", id="no proxy of ours"),
        pytest.param("127.0.0.1", ("198.51.100.1",), "198.51.100.1", id="a proxy"),
        pytest.param("127.0.0.1", ("198.51.100.1:4711",), "198.51.100.1", id="with a port"),
        pytest.param("127.0.0.1", ("[2001:db8:1:2:3::1]:4711",), "2001:db8:1:2::/64", id="with a port, IPv6"),
        pytest.param("127.0.0.1", ("2001:db8:1:2:3::1",), "2001:db8:1:2::/64", id="IPv6"),
        pytest.param("127.0.0.1", ("[2001:db8:1:2:3::1]",), "2001:db8:1:2::/64", id="IPv6 in brackets"),
        pytest.param("127.0.0.1", ("203.0.113.5, 198.51.100.1",), "198.51.100.1", id="a claim before"),
        pytest.param("127.0.0.1", ("203.0.113.5", "198.51.100.1"), "198.51.100.1", id="a claim in a field of its own"),
        pytest.param("127.0.0.1", ("198.51.100.1", "127.0.0.1"), "198.51.100.1", id="two proxies on this machine"),
        pytest.param("127.0.0.1", ("203.0.113.5, ::1",), "203.0.113.5", id="two proxies, one by IPv6"),
        pytest.param("127.0.0.1", ("198.51.100.1, unknown",), "127.0.0.1", id="a proxy that doesn't tell"),
        pytest.param("::ffff:127.0.0.1", ("::ffff:198.51.100.1",), "198.51.100.1", id="IPv4 within IPv6"),
        pytest.param("127.0.0.1", (), "127.0.0.1", id="this machine"),
    ],
)
def test_public_21_a3_tries_are_counted_by_who_connects_to_the_proxy(
    peer: str, fields: tuple[str, ...], counted: str
) -> None:
    headers = CIMultiDict(("X-Forwarded-For", field) for field in fields)
    assert address_of(make_mocked_request("GET", "/", headers).clone(remote=peer)) == counted
