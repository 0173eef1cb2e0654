from ipaddress import IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.addresses import (
    Origin,
    check_public,
    folded,
    host_of,
    is_public,
    is_public_name,
    normal_authority,
    normal_host,
    origin_of,
    parse_url,
    same_origin,
)
from federation.errors import UnsafeAddressError
from tests.support.folders import read_vectors

HOSTILE: Any = read_vectors("hostile-inputs.json")
SAME_AS_POD = [url for url in HOSTILE["urls_reject"] if "same " in url]
REFUSED_URLS = [url for url in HOSTILE["urls_reject"] if "same " not in url]


def is_contacted(url: str) -> bool:
    try:
        check_public(parse_url(url))
    except UnsafeAddressError:
        return False
    return True


@pytest.mark.parametrize("host", HOSTILE["ssrf_hosts_reject"])
def test_fed_25_a_host_that_is_not_public_is_never_contacted(host: str) -> None:
    assert not is_contacted(f"https://{host}/")


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_fed_25_a_url_written_to_deceive_is_refused(url: str) -> None:
    assert not is_contacted(url.split(" (", maxsplit=1)[0])


@pytest.mark.parametrize("odd", ["\ufdd0", "\uffff", "\U0001fffe", "\U0010ffff"])
def test_a_url_with_what_no_record_can_hold_is_refused(odd: str) -> None:
    assert not is_contacted(f"https://pod.example/u/{odd}")
    assert is_contacted("https://pod.example/u/\U0001f600")


@pytest.mark.parametrize("url", SAME_AS_POD)
def test_fed_33_spellings_of_one_host_are_one_origin(url: str) -> None:
    assert same_origin(url.split(" (", maxsplit=1)[0], "https://pod.example/y")


@pytest.mark.parametrize(
    "url", ["https://pod.example/", "https://8.8.8.8/x", "https://[2606:4700::1]/x", "https://bücher.example/ä"]
)
def test_fed_25_a_public_https_url_is_contacted(url: str) -> None:
    assert is_contacted(url)


@pytest.mark.parametrize(
    ("spelling", "host"),
    [
        ("POD.Example.", "pod.example"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("[2606:4700:0::1]", "2606:4700::1"),
        ("my_bucket.s3.example", "my_bucket.s3.example"),
    ],
)
def test_fed_33_a_host_has_one_spelling(spelling: str, host: str) -> None:
    assert normal_host(spelling) == host


@pytest.mark.parametrize(
    "host",
    ["pod．example", "pod｡example", "ｐod.example", "pod.example%00", "a b", "", ".", "a..b", "-a.example", "xn--a.example", "[fe80::1%25eth0]"],  # noqa: E501, RUF001
)  # fmt: skip
def test_fed_33_a_host_that_reads_as_another_is_refused(host: str) -> None:
    with pytest.raises(UnsafeAddressError):
        normal_host(host)


def test_fed_4_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("https://pod.example/x") == Origin("https", "pod.example", 443)
    assert not same_origin("https://pod.example/", "http://pod.example/")
    assert not same_origin("https://pod.example/", "https://pod.example:8443/")
    assert not same_origin("https://pod.example/", "https://media.pod.example/")
    assert not same_origin("not a url", "not a url")


def test_fed_1_ids_are_compared_with_scheme_and_host_folded_only() -> None:
    assert folded("HTTPS://Pod.Example/u/Alice") == folded("https://pod.example/u/Alice")
    assert folded("https://pod.example/u/Alice") != folded("https://pod.example/u/alice")
    assert folded("https://pod.example/u/%7ealice") != folded("https://pod.example/u/~alice")


def test_an_authority_is_written_without_the_default_port() -> None:
    assert normal_authority("Pod.Example:443", "https") == "pod.example"
    assert normal_authority("pod.example:8080", "http") == "pod.example:8080"
    assert normal_authority("[2606:4700::1]:443", "https") == "[2606:4700::1]"
    assert host_of("https://Pod.Example:8443/x") == "pod.example"


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2a00:1450:4001::1"],
)
def test_fed_25_public_addresses_are_public_in_whatever_they_are_wrapped(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["fe80::1%eth0", "2606:4700::1%1", "pod.example", "", "::ffff:10.0.0.1"])
def test_fed_25_what_is_scoped_or_no_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_fed_25_of_ipv6_only_global_unicast_is_public(address: IPv6Address) -> None:
    wrapped = address.ipv4_mapped is not None or int(address) >> 32 == 0x64FF9B << 64
    assert not is_public(address) or wrapped or int(address) >> 125 == 1


@given(st.ip_addresses(v=4))
def test_fed_25_a_mapped_address_is_as_public_as_the_one_inside(address: Any) -> None:
    assert is_public(f"::ffff:{address}") == is_public(address) == is_public(f"64:ff9b::{address}")


@given(st.text(max_size=40))
def test_any_text_is_a_url_or_refused(text: str) -> None:
    for candidate in (text, f"https://{text}", f"https://pod.example/{text}"):
        try:
            url = parse_url(candidate)
        except UnsafeAddressError:
            continue
        assert url.raw_host is not None
        assert normal_host(url.host_subcomponent or "") == url.raw_host
        is_public_name(url.raw_host)
