"""Calls of the API, whole or spoiled in one place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from federation.signatures import SignedRequest
from tests.support.peer import send
from tests.support.scene import Body, Scene


class Call(NamedTuple):
    """A call of the API: its path below the group, who asks, and the body as bytes."""

    path: str
    authorization: str
    body: bytes


class ApiRefusal(NamedTuple):
    """A line of the table of the API: how a call is spoiled, and what it says when it is sound."""

    name: str
    status: int
    code: str
    spoil: Callable[[Scene, Call], Call]
    path: str = "votes"
    sound: Callable[[Scene], Body] = Scene.wish


def ask(scene: Scene, call: Call) -> tuple[int, Any]:
    fields = {"Host": scene.peer.inbox.netloc, "Content-Type": "application/json", "Authorization": call.authorization}
    path = call.path if call.path.startswith("/") else f"/api/v1/groups/{scene.group}/{call.path}"
    headers = tuple((name, value) for name, value in fields.items() if value)
    return send(SignedRequest("POST", path, scene.peer.inbox.netloc, "http", headers, call.body))


def body(raw: bytes) -> Callable[[Scene, Call], Call]:
    return lambda _, call: call._replace(body=raw)


def saying(**members: Any) -> Callable[[Scene, Call], Call]:
    """The call with members that say something else; None leaves one out."""

    def spoil(_: Scene, call: Call) -> Call:
        said = json.loads(call.body) | members
        return call._replace(body=json.dumps({name: said[name] for name in said if said[name] is not None}).encode())

    return spoil


def by(authorization: str) -> Callable[[Scene, Call], Call]:
    return lambda _, call: call._replace(authorization=authorization)


def at(path: str) -> Callable[[Scene, Call], Call]:
    return lambda _, call: call._replace(path=path)
