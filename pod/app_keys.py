"""The typed names under which the application carries its parts."""

from __future__ import annotations

from aiohttp import web

from federation.known_keys import KnownKeys
from federation.signatures import Policy
from pod.answers import Answers
from pod.deps import Deps
from pod.measures import Measures
from pod.seen_signatures import SeenSignatures

ANSWERS = web.AppKey("answers", Answers)
DEPS = web.AppKey("deps", Deps)
KEYS = web.AppKey("known_keys", KnownKeys)
MEASURES = web.AppKey("measures", Measures)
POLICY = web.AppKey("policy", Policy)
REPLAY = web.AppKey("replay", SeenSignatures)
REQUEST = web.RequestKey("request", str)  # the request's number in the log
