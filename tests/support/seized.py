"""What somebody who has a pod's folder can do: read its keys, sign as its people, seal and confirm as the pod."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from models.engine.columns import bytes_of_id
from pod.keyring import Keyring, open_keyring
from protocol.derivation import pairwise_key
from protocol.keys import PrivateKey
from protocol.proofs import sign

Body = dict[str, Any]


class SeizedPod:
    """A pod's folder in the wrong hands."""

    def __init__(self, folder: Path) -> None:
        self._database = folder / "pod.sqlite"
        self._keyring: Keyring = open_keyring(folder / "keys" / "pod.key")

    def member_key(self, name: str, group: str) -> PrivateKey:
        """The key by which the person signs in the group."""
        with closing(sqlite3.connect(self._database)) as database:
            wanted = "SELECT id, seed_sealed FROM accounts WHERE name = ?"
            account, sealed = database.execute(wanted, (name,)).fetchone()
            wanted = "SELECT context, key_index FROM memberships WHERE account_id = ? AND group_id = ?"
            context, index = database.execute(wanted, (account, bytes_of_id(group))).fetchone()
        seed = self._keyring.unseal(sealed, f"seed/{name}")
        return pairwise_key(seed, "signing", context, index)

    def seal(self, seen: Body) -> Body:
        """A seal on the item that the API shows as head."""
        body = {
            "type": "Seal",
            "rules": 1,
            "group": seen["group"],
            "parent": seen["head"],
            "height": seen["height"] + 1,
            "term": seen["term"],
            "at": time.time_ns() // 1_000_000,
            "operations": [],
            "log": {"size": seen["log"]["size"], "root": seen["log"]["root"]},
        }
        return sign(body, self._keyring.pod_key)

    def ack(self, seen: Body, item: str, keeper: int) -> Body:
        """The pod's confirmation, for one of its seats, of `item` on top of the head."""
        body = {"type": "Ack", "rules": 1, "group": seen["group"], "keeper": keeper, "item": item}
        return sign({**body, "term": seen["term"], "height": seen["height"] + 1}, self._keyring.pod_key)

    def signed(self, item: Body) -> Body:
        """A handover, signed by the pod."""
        return sign(item, self._keyring.pod_key, as_list=True)
