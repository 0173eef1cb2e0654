"""How the pod looks from outside: its name leads to it, its certificate holds, others find people, clocks agree."""

from __future__ import annotations

import asyncio
import ssl
from statistics import median
from typing import Any, Final

from yarl import URL

from federation.errors import RemoteError
from federation.safe_http import SafeHttp
from models.engine.databases import Database
from models.fediverse.actor_keys import load_actor_keys
from models.fediverse.host_states import list_heard_hosts
from models.people.accounts import list_accounts
from pod.actions.fediverse.actors import POD
from pod.clock import Clock
from pod.config import Config, is_local
from pod.doctor.findings import Finding, fail, ok, warn
from protocol.errors import RefusedError

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
SKEW_MS: Final = 60_000
PEERS: Final = 5
SHORT_SECONDS: Final = 14 * 24 * 3600
RESTING: Final = "Not asked, as the pod isn't serving"
AS_PROXY: Final = "See that the name leads to this machine and the proxy hands on host and path as they came."


def door_out(config: Config, user_agent: str) -> SafeHttp:
    """The HTTP client of the pod; a pod on this machine may also ask this machine and its network."""
    own = LOOPBACK if is_local(URL(config.base_url).host or "") else ()
    return SafeHttp(user_agent, allow_networks=[*own, *config.federation.allow_networks])


def neighbour_door(config: Config, user_agent: str) -> SafeHttp:
    """An HTTP client that may ask this machine, to see what listens on the pod's own port."""
    return SafeHttp(user_agent, allow_networks=[*LOOPBACK, *config.federation.allow_networks])


async def check_outside(config: Config, database: Database, http: SafeHttp, *, served: bool) -> list[Finding]:
    """Name, certificate, WebFinger and NodeInfo, as other servers see them."""
    names = ("base url", "tls", "webfinger", "nodeinfo")
    if not served:
        return [ok(name, RESTING) for name in names]
    return [
        await _base_url(config, database, http),
        await _tls(config),
        await _webfinger(config, database, http),
        await _nodeinfo(config, http),
    ]


async def _base_url(config: Config, database: Database, http: SafeHttp) -> Finding:
    try:
        document = (await http.get_document(f"{config.base_url}/{POD}")).content
    except (RemoteError, RefusedError) as error:
        return fail("base url", f"{config.base_url} doesn't lead to this pod: {error}", AS_PROXY)
    async with database.read() as session:
        keys = await load_actor_keys(session, POD)
    shown = document.get("publicKey")
    if keys is None or not isinstance(shown, dict) or shown.get("publicKeyPem") != keys.rsa_public:
        return fail("base url", f"At {config.base_url} another pod answers", AS_PROXY)
    return ok("base url", f"{config.base_url} leads here")


async def _tls(config: Config) -> Finding:
    url = URL(config.base_url)
    if url.scheme != "https":
        return ok("tls", "A pod on this machine needs none")
    host, port = url.host or "", url.port or 443
    try:
        left = await _seconds_left(host, port, now=Clock()())
    except (OSError, TimeoutError) as error:
        return fail("tls", f"{host}:{port} has no certificate that holds: {error}", "Let Caddy or certbot get one.")
    if left < SHORT_SECONDS:
        mend = "See why Caddy or certbot hasn't renewed it."
        return warn("tls", f"The certificate ends in {left // 86_400} days", mend)
    return ok("tls", f"The certificate holds for {left // 86_400} days")


async def _seconds_left(host: str, port: int, *, now: int) -> int:
    async with asyncio.timeout(10):
        _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    try:
        certificate = writer.get_extra_info("peercert")
        return int(ssl.cert_time_to_seconds(certificate["notAfter"])) - now // 1000
    finally:
        writer.close()


async def _webfinger(config: Config, database: Database, http: SafeHttp) -> Finding:
    async with database.read() as session:
        accounts = await list_accounts(session, 1)
    authority = URL(config.base_url).host_port_subcomponent
    resource = f"acct:{accounts[0].name}@{authority}" if accounts else f"{config.base_url}/{POD}"
    actor = f"{config.base_url}/u/{accounts[0].name}" if accounts else f"{config.base_url}/{POD}"
    asked = URL(f"{config.base_url}/.well-known/webfinger").with_query(resource=resource)
    try:
        found: Any = await http.get_json(str(asked))
    except (RemoteError, RefusedError) as error:
        return fail("webfinger", f"Nobody finds {resource}: {error}", AS_PROXY)
    if actor not in [link.get("href") for link in found.get("links", [])]:
        return fail("webfinger", f"{resource} leads elsewhere", AS_PROXY)
    return ok("webfinger", f"{resource} is found")


async def _nodeinfo(config: Config, http: SafeHttp) -> Finding:
    try:
        found: Any = await http.get_json(f"{config.base_url}/.well-known/nodeinfo")
        places = [link["href"] for link in found["links"] if link["href"].startswith(f"{config.base_url}/nodeinfo/")]
        told: Any = await http.get_json(places[-1])
    except (RemoteError, RefusedError, LookupError, TypeError) as error:
        return fail("nodeinfo", f"It can't be read: {error}", AS_PROXY)
    return ok("nodeinfo", f"{told['software']['name']} {told['software']['version']}")


async def check_clocks(config: Config, database: Database, http: SafeHttp) -> Finding:
    """Our clock compared with those of the hosts that answered last."""
    scheme = "http" if is_local(URL(config.base_url).host or "") else "https"
    async with database.read() as session:
        latest = await list_heard_hosts(session, PEERS)
    clock = Clock(config.clock_file)
    skews = [skew for host in latest if (skew := await _skew(http, f"{scheme}://{host}/", clock)) is not None]
    if not skews:
        return ok("clock of others", "There is nobody yet to ask")
    skew = int(median(skews))
    if abs(skew) > SKEW_MS:
        says = f"This clock is {abs(skew) // 1000} s {'ahead of' if skew > 0 else 'behind'} {len(skews)} other servers"
        # One other clock may be wrong itself; several aren't wrong by the same time.
        return (fail if len(skews) > 1 else warn)("clock of others", says, "Set the clock, and keep it right by NTP.")
    return ok("clock of others", f"Within {abs(skew) / 1000:.0f} s of {len(skews)} other servers")


async def _skew(http: SafeHttp, url: str, clock: Clock) -> int | None:
    try:
        theirs = await http.get_date(url)
    except (RemoteError, RefusedError):
        return None
    return None if theirs is None else clock() - theirs
