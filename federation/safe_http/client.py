"""One client for every outgoing request; what it hands back has passed every rule below.

Rules of this file (federation §1.8, §2.5, §2.6, §2.24 to §2.27):

1. URL and address are checked (guard.py) before the request and again at each redirect.
2. Redirects are followed by hand: three at most, of the same scheme, none twice, only for GET. The signature
   is made anew for each hop.
3. Ten seconds for everything, redirects and body included; a slow drip ends with them. Answers that only announce
   others (1xx) end after a few (informational.py).
4. The body is capped after decoding; the content type is checked before the body is read.
5. A document's id is the URL that gave it. If not, but on the same origin, the id is fetched once and must
   then match exactly.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Literal, Self, TypeVar
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from federation.addresses import origin_of, parse_url
from federation.content_types import ACCEPT_AS2, ACTIVITY_JSON, JRD_JSON, PLAIN_JSON, is_as2, is_one_of
from federation.documents import read_document, read_json
from federation.errors import RemoteError, UnsafeAddressError
from federation.rules.addresses import AddressRule
from federation.rules.answers import RemoteFault
from federation.rules.documents import DocumentRule
from federation.safe_http.answer_bodies import read_answer, read_date, read_download
from federation.safe_http.answers import Answer, Document, Download
from federation.safe_http.guard import Guard, GuardedResolver, is_forbidden
from federation.safe_http.inflate import ACCEPT_ENCODING
from federation.safe_http.informational import Connector
from federation.safe_http.waits import an_answer
from federation.signatures.request import SignedRequest
from protocol.canonical import Json
from protocol.limits import MAX_DOCUMENT_BYTES

Sign = Callable[[SignedRequest], Mapping[str, str]]
_T = TypeVar("_T")

TOTAL_SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 5.0
MAX_REDIRECTS: Final = 3
MAX_CONNECTIONS: Final = 256
MAX_CONNECTIONS_PER_HOST: Final = 32  # so that one slow host can't take every socket
JSON_TYPES: Final = frozenset({PLAIN_JSON, JRD_JSON})

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class SafeHttp:
    """Makes requests to other servers. Open it inside a running event loop, and close it at the end.

    `allow_networks`: private networks (CIDR) that may be contacted, by http and on any port; for tests, and for pods in
    one house. `resolver` replaces the system's; its answers are checked, too.

    Raises RemoteError if the other server fails, UnsafeAddressError for a URL or address that this pod must not
    contact, and MalformedDocumentError for an answer that no honest server gives. `admit`, if set, is asked before each
    request and may refuse its URL.
    """

    def __init__(
        self,
        user_agent: str,
        *,
        allow_networks: Sequence[str] = (),
        resolver: AbstractResolver | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self.admit: Callable[[str], Awaitable[None]] | None = None
        self._guard = Guard(allow_networks)
        self._total_seconds = total_seconds
        self._resolver = GuardedResolver(resolver or aiohttp.ThreadedResolver(), self._guard)
        self._session = aiohttp.ClientSession(
            connector=Connector(
                resolver=self._resolver,
                socket_factory=self._guard.open_socket,
                limit=MAX_CONNECTIONS,
                limit_per_host=MAX_CONNECTIONS_PER_HOST,
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS),
            headers={"User-Agent": user_agent, "Accept-Encoding": ACCEPT_ENCODING},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._session.close()
        await self._resolver.close()

    async def get_document(self, url: str, *, sign: Sign | None = None, identified: bool = True) -> Document:
        """Fetch an ActivityPub document, which must be at its own id (rule 5) unless `identified` is false."""
        document = await self._get_document(url, sign)
        stated = document.content.get("id")
        if not identified or _is_at(stated, document.url):
            return document
        if isinstance(stated, str) and origin_of(stated) == origin_of(document.url):
            again = await self._get_document(stated, sign)
            if again.content.get("id") == stated and _is_at(stated, again.url):
                return again
        raise DocumentRule.LIVES_ELSEWHERE.error()

    async def get_json(self, url: str, *, types: frozenset[str] = JSON_TYPES) -> Json:
        """Fetch JSON that isn't ActivityPub (WebFinger, NodeInfo, metadata), with one of these types."""
        download = await self.get_bytes(url, types=types, max_bytes=MAX_DOCUMENT_BYTES)
        return read_json(download.body)

    async def get_bytes(self, url: str, *, types: frozenset[str], max_bytes: int, sign: Sign | None = None) -> Download:
        """Fetch a file with one of these media types."""

        def is_wanted(field: str) -> bool:
            return is_one_of(field, types)

        return await self._told(self._get(url, ", ".join(sorted(types)), is_wanted, max_bytes, sign))

    async def get_date(self, url: str) -> int | None:
        """The server's clock in ms, by the Date of any answer; None if it sends none."""
        return await self._told(self._get_date(self._checked(url)))

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str = ACTIVITY_JSON,
        headers: Mapping[str, str] | None = None,
        sign: Sign | None = None,
        hear_refusal: bool = False,
        method: Literal["POST", "PUT"] = "POST",
    ) -> Answer:
        """Deliver a body; raises RemoteError for an answer other than 2xx, which says whether to try again.

        A refusal's body is read only if the caller asks for it, so that a slow one doesn't hold up deliveries.
        """
        fields = {"Content-Type": content_type, "Accept": ACCEPT_AS2, **(headers or {})}
        return await self._told(self._post(method, url, body, fields, sign, hear_refusal=hear_refusal))

    async def _get_document(self, url: str, sign: Sign | None) -> Document:
        download = await self._told(self._get(url, ACCEPT_AS2, is_as2, MAX_DOCUMENT_BYTES, sign))
        return Document(download.url, download.body, read_document(download.body))

    async def _get(
        self,
        url: str,
        accept: str,
        is_wanted: Callable[[str], bool],
        max_bytes: int,
        sign: Sign | None = None,
    ) -> Download:
        target = self._checked(url)
        visited = {target}
        while len(visited) <= MAX_REDIRECTS + 1:
            await self._admit(target)
            headers = _signed("GET", target, {"Accept": accept}, b"", sign)
            async with self._session.get(target, headers=headers, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await read_download(target, response, is_wanted, max_bytes)
                target = self._next_hop(target, response)
            if target in visited:
                raise RemoteError(RemoteFault.IN_A_CIRCLE, retry=False)
            visited.add(target)
        raise RemoteError(RemoteFault.TOO_FAR, retry=False, facts={"most": MAX_REDIRECTS})

    async def _get_date(self, target: URL) -> int | None:
        await self._admit(target)
        async with self._session.get(target, allow_redirects=False) as response:
            return read_date(response)

    async def _post(
        self, method: str, url: str, body: bytes, fields: dict[str, str], sign: Sign | None, *, hear_refusal: bool
    ) -> Answer:
        target = self._checked(url)
        await self._admit(target)
        headers = _signed(method, target, fields, body, sign)
        async with self._session.request(method, target, data=body, headers=headers, allow_redirects=False) as response:
            return await read_answer(response, hear_refusal=hear_refusal)

    async def _admit(self, target: URL) -> None:
        if self.admit is not None:
            await self.admit(str(target))

    def _checked(self, url: str) -> URL:
        target = parse_url(url).with_fragment(None)
        self._guard.check_url(target)
        return target

    def _next_hop(self, target: URL, response: aiohttp.ClientResponse) -> URL:
        locations = response.headers.getall("Location", [])
        if len(locations) != 1:
            raise RemoteError(RemoteFault.NOWHERE, retry=False)
        try:
            following = self._checked(urljoin(str(target), locations[0]))
        except ValueError as error:
            raise RemoteError(RemoteFault.NO_URL, retry=False) from error
        if following.scheme != target.scheme:
            raise AddressRule.REDIRECT_CHANGES_SCHEME.error()
        return following

    async def _told(self, work: Awaitable[_T]) -> _T:
        """Await `work` within the deadline; errors of the network become ours."""
        try:
            async with asyncio.timeout(self._total_seconds):
                with an_answer():
                    result = await work
        except TimeoutError as error:
            raise RemoteError(RemoteFault.TOO_SLOW, retry=True) from error
        except (aiohttp.ClientError, OSError) as error:
            if is_forbidden(error):
                raise AddressRule.NOT_PUBLIC.error() from error
            raise RemoteError(RemoteFault.NOT_REACHED, retry=True) from error
        return result


def _signed(method: str, target: URL, headers: dict[str, str], body: bytes, sign: Sign | None) -> dict[str, str]:
    """The headers, and those that sign the request exactly as it is sent."""
    if sign is None:
        return headers
    request = SignedRequest(
        method=method,
        target=target.raw_path_qs,
        authority=target.host_port_subcomponent or "",
        scheme=target.scheme,
        headers=tuple(headers.items()),
        body=body,
    )
    return {**headers, **sign(request)}


def _is_at(stated: object, url: str) -> bool:
    if not isinstance(stated, str):
        return False
    try:
        return str(parse_url(stated)) == url
    except UnsafeAddressError:
        return False
