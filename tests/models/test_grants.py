"""Requests to read an account are bounded for each pod and account, and what was agreed to stays."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.writer import Writer
from models.moving.grants import AskedGrant, insert_asked, load_asked, set_agreed, take_agreed
from models.people.accounts import insert_account

NOW = 1000
HOUR_MS = 3_600_000


async def an_account(writer: Writer) -> int:
    return await writer.write(lambda session: insert_account(session, name="ada", seed_sealed=b"sealed", now=NOW))


def asked(account: int, number: int, pod: str = "https://new.example") -> AskedGrant:
    return AskedGrant(
        *(bytes([number]) * 32, account, pod, "did:key:z6Mk", f"{pod}/actor", b"key"),
        *("records", False, False, "challenge", "state", NOW + HOUR_MS + number),
    )


async def test_of_one_pod_the_oldest_request_goes_and_what_was_agreed_to_stays(writer: Writer) -> None:
    account = await an_account(writer)

    async def ask(number: int, pod: str = "https://new.example") -> bool:
        wish = asked(account, number, pod)
        return await writer.write(lambda session: insert_asked(session, wish, most_of_pod=2, most=5, now=NOW))

    async def waiting(session: AsyncSession) -> list[int]:
        found = [await load_asked(session, bytes([number]) * 32, account, now=NOW) for number in range(9)]
        return [one.sha256[0] for one in found if one]

    assert await ask(0)
    agreed = msgspec.structs.replace(asked(account, 0), classes="personal")
    assert await writer.write(lambda session: set_agreed(session, agreed, b"code"))
    assert not await writer.write(lambda session: set_agreed(session, agreed, b"again"))
    assert [await ask(number) for number in (1, 2, 3)] == [True] * 3
    assert await writer.write(waiting) == [2, 3]
    assert [await ask(number, f"https://{number}.example") for number in (4, 5, 6)] == [True, True, False]
    taken = await writer.write(lambda session: take_agreed(session, b"code", now=NOW))
    assert (taken and taken.classes) == "personal"
    assert await writer.write(lambda session: take_agreed(session, b"code", now=NOW)) is None
