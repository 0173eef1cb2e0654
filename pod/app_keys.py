"""The typed names under which the application carries its parts."""

from __future__ import annotations

from aiohttp import web

from federation.known_keys import KnownKeys
from federation.signatures import Policy, ReplayCache
from pod.answers import Answers
from pod.deps import Deps
from pod.measures import Measures

ANSWERS = web.AppKey("answers", Answers)
DEPS = web.AppKey("deps", Deps)
KEYS = web.AppKey("known_keys", KnownKeys)
MEASURES = web.AppKey("measures", Measures)
POLICY = web.AppKey("policy", Policy)
REPLAY = web.AppKey("replay", ReplayCache)
PULLED = web.AppKey("pulled", ReplayCache)  # keys that anybody can make must not push deliveries out of mind
REQUEST = web.RequestKey("request", str)  # the number under which the log has a request
