"""What somebody with a shell on a pod's machine does: actions on its parts, beside the pod that serves."""

from __future__ import annotations

import msgspec

from models.people.mail_addresses import MailAddress, save_mail_address
from pod.actions.groups.founding import sign_up
from pod.deps import Deps
from tests.support.rig import Person, ServedPod


def settle(pod: ServedPod, name: str) -> Person:
    """An account with a token and a proved address, made within this process: quicker than by command line."""

    async def made(deps: Deps) -> dict[str, str]:
        opened = await sign_up(deps, name, decides=True)
        address = f"{name}@mail.example"
        mail = MailAddress(opened.account, address, address, 1)
        await deps.store.write(lambda session: save_mail_address(session, mail))
        return {key: str(value) for key, value in msgspec.to_builtins(opened).items()}

    return Person(pod, pod.act(made))
