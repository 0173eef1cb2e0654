import pytest

from federation.addresses import origin_of
from protocol.errors import MalformedError
from protocol.keys import PrivateKey
from protocol.origins import is_bare_origin
from protocol.records.parts import parse_home

ORIGINS = [
    "https://pod.example",
    "http://localhost:8080",
    "http://127.77.1.1:8080",
    "https://xn--rksmrgs-5wao1o.se",
    "http://[::1]:8099",
    "https://a-b.c_d.example:8443",
]
OTHERS = [
    "https://pod.example/",
    "https://POD.example",
    "https://pod.example:443",
    "http://pod.example:80",
    "https://pod.example:0443",
    "https://pod.example:70000",
    "https://pod.example?q=1",
    "https://pod.example#x",
    "https://ada@pod.example",
    "https://pod.example.",
    "https://pod..example",
    "https://räksmörgås.se",
    "https://pod.example\n",
    "https:///pod.example",
    "ftp://pod.example",
    "http://victim:8080/search?q=7&x=",
    "http://127.1",
    "http://0x7f.1",
    "http://0x7f000001",
    "http://127.0.0.01",
    "http://2130706433",
    "http://[::0001]",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[::1%25eth0]",
    f"https://{'a' * 64}.example",
    f"https://{'a.' * 130}example",
]


@pytest.mark.parametrize("url", ORIGINS)
def test_a_home_is_a_bare_origin(url: str) -> None:
    assert is_bare_origin(url)
    assert parse_home({"pod": url, "key": PrivateKey.from_seed(bytes(32)).did}).pod == url
    assert origin_of(f"{url}/inbox").url == url, "who asks is known by the same spelling"


@pytest.mark.parametrize("url", OTHERS)
def test_w5_another_spelling_or_an_address_within_a_server_is_no_home(url: str) -> None:
    assert not is_bare_origin(url)
    with pytest.raises(MalformedError):
        parse_home({"pod": url, "key": PrivateKey.from_seed(bytes(32)).did})
