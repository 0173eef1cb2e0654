"""How many pages of a group of 1,000 posts and 5,000 members a second: held for visitors, made for who is signed in."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import load_account_named
from pod.actions.accounts.sessions import open_session
from pod.actions.chain.door import Arrival, append_all
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.chain.views import load_view
from pod.actions.groups.founding import found_group
from pod.actions.groups.subscriptions import change_following
from pod.actions.posts.records import write_post
from pod.actions.signer import SignedIn
from pod.config import load_config
from pod.deps import Deps
from pod.parts import open_parts
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.proofs import sign
from protocol.records.content import UNSIGNED, Paragraph, Post
from protocol.records.drafts import draft
from protocol.records.envelope import open_record
from tests.bench.place import a_pod, has_wrk, on_core, rate
from tests.support.rig import PORT, ServedPod

MEMBERS = 5000
POSTS = 1000
A_SEAL = 64
ACCEPT = "Accept: text/html"


def measure() -> list[tuple[str, float, str]]:
    """Pages a second for visitors and for a member with a lens of her own."""
    if not has_wrk():
        return []
    with a_pod("group-page") as pod:
        pod.sign_up("ada")
        group, lens, secret = asyncio.run(_people(pod))
        with on_core(0):
            pod.start()
        assert pod.process is not None
        process, page = pod.process.pid, f"{pod.url}/g/{group}"
        member = (ACCEPT, f"Cookie: session-{PORT}={secret}")
        figures = rate("visitor's page, held (aim 500)", page, process, ACCEPT)
        figures += rate("member's page (aim 100)", page, process, *member)
        figures += rate("member's page, own lens (aim 100)", f"{page}?lens={lens}", process, *member)
        for name in ("members", "log", "chain", "about"):
            figures += rate(f"member's {name}", f"{page}/{name}", process, *member)
        figures += rate("member's home", f"{pod.url}/", process, *member)
        figures += rate("member's search", f"{pod.url}/search?q=sentence", process, *member)
    return figures


async def _people(pod: ServedPod) -> tuple[RecordId, RecordId, str]:
    """A group with members and posts, another to look through, and a session of its founder."""
    async with open_parts(load_config(pod.folder / "pod.toml")) as deps:
        async with deps.store.database.read() as session:
            ada = await load_account_named(session, "ada")
        assert ada is not None
        signer = SignedIn(ada, deps.clock())

        async def found(session: AsyncSession) -> tuple[RecordId, RecordId]:
            wishes: dict[str, Any] = {"name": "Parish", "weight": 3000, "others_weight": 1000}
            founded = [await found_group(session, deps, signer, ada, dict(wishes)) for _ in range(2)]
            return founded[0], founded[1]

        group, lens = await deps.store.write(found)
        for start in range(0, MEMBERS, A_SEAL):
            await _join(deps, group, range(start, min(start + A_SEAL, MEMBERS)))
        for start in range(0, POSTS, 50):

            async def write(session: AsyncSession, start: int = start) -> None:
                for number in range(start, start + 50):
                    text = Paragraph("text", f"Sentence {number} of the parish, and some more words about it.")
                    post = Post(kind="article", title=f"Post {number}", paragraphs=(text,), **UNSIGNED)
                    await write_post(session, deps, signer, group, draft(post))

            await deps.store.write(write)
        await deps.store.write(lambda session: _seal(session, deps, group))
        await change_following(deps, ada, lens, "lens")
        return group, lens, await open_session(deps, ada, "a bench")


async def _join(deps: Deps, group: RecordId, numbers: range) -> None:
    joins = []
    for number in numbers:
        signing, recovery = (PrivateKey.from_seed(bytes([kind]) * 16 + number.to_bytes(16, "big")) for kind in (1, 2))
        wish = {
            "home": {"pod": deps.identity.base_url, "key": deps.identity.keyring.pod_key.did},
            "signing": signing.did,
            "recovery": recovery.did,
        }
        body = {
            "type": "Operation", "rules": 1, "group": group, "author": 0, "key": 0, "counter": 1,
            "at": deps.clock(), "do": "join", "with": wish,
        }  # fmt: skip
        joins.append(Arrival(open_record(sign(body, signing)), "", deps.clock()))

    async def action(session: AsyncSession) -> None:
        await append_all(session, deps, joins)
        await _seal(session, deps, group)

    await deps.store.write(action)


async def _seal(session: AsyncSession, deps: Deps, group: RecordId) -> None:
    await seal(session, deps, group, now=deps.clock())
    await confirm_head(session, deps, group, now=deps.clock())
    assert (await load_view(session, deps, group)).state.group == group
