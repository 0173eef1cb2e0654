"""Who a pod is: its address, its keys, and the opened keys of its actors."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from federation.signatures import SigningKey
from pod.keyring import Keyring
from protocol.records.parts import Home


@dataclass(frozen=True)
class Identity:
    """`signing_keys`: decrypted keys of our actors; `key_making`: the lock under which new ones are made."""

    base_url: str
    keyring: Keyring
    signing_keys: dict[str, SigningKey] = field(default_factory=dict)
    key_making: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def home(self) -> Home:
        """The pod's URL and key, as groups name a home."""
        return Home(self.base_url, self.keyring.pod_key.did)
