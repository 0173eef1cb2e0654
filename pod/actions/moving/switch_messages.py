"""What the new pod and the old one say to each other until an account may switch, as JSON."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pod.actions.moving.grant_messages import AskingHome

SWITCHED_PATH: Final = "/move/switched"  # of each pod; where a code goes to is never given


class WantedSwitch(msgspec.Struct, frozen=True):
    """What a pod asks that holds a verified copy. `grant`: by which it copied; `manifest`: what the copy was equal to.

    `name`: how the account will be called there. `challenge` and `state`: as of a grant.
    """

    grant: str
    home: AskingHome
    manifest: dict[str, Any]
    name: str
    challenge: str
    state: str


class AgreedSwitch(msgspec.Struct, frozen=True):
    """The person agreed that the account with this personal group moves to the pod that asks."""

    group: str


class StoppedSwitch(msgspec.Struct, frozen=True):
    """The account writes again, and moves nowhere before its person agrees anew."""
