"""What somebody with a shell on a pod's machine does: actions on its parts, beside the pod that serves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec

from models.mail_addresses import MailAddress, save_mail_address
from pod.actions.founding import sign_up
from pod.config import load_config
from pod.deps import Deps
from pod.parts import open_parts
from tests.support.rig import Person, ServedPod

T = TypeVar("T")


def act(pod: ServedPod, action: Callable[[Deps], Awaitable[T]]) -> T:
    """Run an action on a pod's folder."""

    async def run() -> T:
        async with open_parts(load_config(pod.folder / "pod.toml")) as deps:
            return await action(deps)

    # In a thread of its own: a browser that tests steer has an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def settle(pod: ServedPod, name: str) -> Person:
    """An account with a token and a proved address, made within this process: quicker than by command line."""

    async def made(deps: Deps) -> dict[str, str]:
        opened = await sign_up(deps, name)
        address = f"{name}@mail.example"
        mail = MailAddress(opened.account, address, address, 1)
        await deps.write(lambda session: save_mail_address(session, mail))
        return {key: str(value) for key, value in msgspec.to_builtins(opened).items()}

    return Person(pod, act(pod, made))
