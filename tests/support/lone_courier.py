"""A courier as a process of its own, to be killed: `python -m tests.support.lone_courier DATABASE_URL FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from federation.signatures.keys import rsa_signing_key
from models.engine.databases import open_database
from pod.clock import Clock
from pod.jobs.delivery import Courier
from pod.jobs.introductions import Introductions
from tests.support.sinks import ACTOR, some_parts


async def main(url: str, folder: Path) -> None:
    database = await open_database(url, durable=False)
    async with some_parts(database, folder, Clock(folder / "clock")) as deps:
        deps.identity.signing_keys[ACTOR] = rsa_signing_key(f"{ACTOR}#main-key", (folder / "key.pem").read_bytes())
        courier = Courier(deps, Introductions(deps))
        print("running", flush=True)
        await courier.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
