import socket

import pytest
from aiohttp import web
from yarl import URL

from federation.addresses import parse_url
from federation.errors import UnsafeAddressError
from federation.safe_http import SafeHttp
from federation.safe_http.guard import ForbiddenAddressError, Guard
from tests.support.servers import Answers, a_client, serving
from tests.support.wire import BODY

PUBLIC = "93.184.216.34"


class Counting:
    """A server's handler that remembers whether anybody came."""

    def __init__(self, location: str | None = None) -> None:
        self.came = 0
        self._location = location

    async def answer(self, _: web.Request) -> web.Response:
        self.came += 1
        if self._location:
            return web.Response(status=302, headers={"Location": self._location})
        return web.json_response({}, content_type="application/activity+json")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[::1]", "localhost"]
)
async def test_fed_24_nothing_on_loopback_is_reached_by_any_caller(host: str) -> None:
    handler = Counting()
    async with serving(handler.answer) as base, SafeHttp("althing-tests") as http:
        port = base.rpartition(":")[2]
        for url in (f"http://{host}:{port}/", f"https://{host}:{port}/", f"https://{host}/"):
            for asking in (
                http.get_document(url),
                http.get_json(url),
                http.get_bytes(url, types=frozenset({"image/png"}), max_bytes=10),
                http.post(url, BODY),
            ):
                with pytest.raises(UnsafeAddressError):
                    await asking
    assert handler.came == 0


@pytest.mark.parametrize(
    "answers", [["10.0.0.5"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], ["::ffff:10.0.0.5"], ["fe80::1"]], ids=str
)
async def test_fed_24_one_private_answer_condemns_the_name(answers: list[str]) -> None:
    async with SafeHttp("althing-tests", resolver=Answers({"pod.example": [answers]})) as http:
        for asking in (http.get_document("https://pod.example/x"), http.post("https://pod.example/x", BODY)):
            with pytest.raises(UnsafeAddressError):
                await asking


async def test_fed_24_the_address_that_was_checked_is_the_one_that_is_dialled() -> None:
    handler = Counting()
    resolver = Answers({"pod.example": [["127.0.0.1"], ["10.0.0.5"]]})
    async with serving(handler.answer) as base, a_client(resolver=resolver) as http:
        port = base.rpartition(":")[2]
        await http.get_document(f"http://pod.example:{port}/x", identified=False)
    assert resolver.asked == ["pod.example"]
    assert handler.came == 1


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://inside.example/", "http://[::1]/"],
)
async def test_fed_24_a_redirect_to_a_private_address_is_refused_at_the_hop(location: str) -> None:
    resolver = Answers({"inside.example": [["10.0.0.5"]]})
    async with serving(Counting(location).answer) as base, a_client(resolver=resolver) as http:
        with pytest.raises(UnsafeAddressError):
            await http.get_document(f"{base}/x")


@pytest.mark.parametrize(
    ("address", "port"),
    [("127.0.0.1", 443), ("::1", 443), ("::ffff:127.0.0.1", 443), ("0.0.0.0", 443), (PUBLIC, 22), ("pod.example", 443)],
)
def test_fed_24_the_socket_itself_is_checked(address: str, port: int) -> None:
    with pytest.raises(ForbiddenAddressError):
        Guard().open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)))


def test_fed_24_a_socket_to_a_public_address_is_opened() -> None:
    opened = Guard().open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, 443)))
    assert opened.family == socket.AF_INET
    opened.close()


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://127.0.0.1:443/", "http://[::1]/", "https://10.0.0.1/"])
def test_fed_25_an_allowed_network_opens_no_other(url: str) -> None:
    with pytest.raises(UnsafeAddressError):
        Guard(["127.0.0.0/8"]).check_url(parse_url(url))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "https://127.0.0.2/", "http://localhost:1/"])
def test_fed_25_an_allowed_network_may_be_asked_by_http_and_on_any_port(url: str) -> None:
    Guard(["127.0.0.0/8"]).check_url(URL(url))


async def test_fed_25_http_to_a_public_address_stays_refused_beside_an_allowed_network() -> None:
    resolver = Answers({"pod.example": [[PUBLIC]]})
    async with a_client(resolver=resolver) as http:
        for url in ("http://pod.example/x", "https://pod.example:8443/x", "http://pod.example:443/x"):
            with pytest.raises(UnsafeAddressError):
                await http.get_document(url)
