"""The typed names under which the application carries its parts."""

from __future__ import annotations

from aiohttp import web

from federation.signatures import Policy, ReplayCache
from pod.deps import Deps

DEPS = web.AppKey("deps", Deps)
ACTOR_PEM = web.AppKey("actor_pem", bytes)
PUBLIC_PEM = web.AppKey("public_pem", str)
POLICY = web.AppKey("policy", Policy)
REPLAY = web.AppKey("replay", ReplayCache)
