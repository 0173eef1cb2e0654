"""A server may send only a few informational answers (1xx) before the real one.

HTTP lets any number of informational answers (1xx) stand before the answer. They mean nothing to this pod and are
dropped as they come. A server that sends more than a few is disconnected, so that no deadline waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

MOST_INFORMATIONAL: Final = 8


class FewInformational(ResponseHandler):
    """A connection that allows only few informational answers (1xx) before the real one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._informational = 0

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take the status and headers that came, and the stream of the body."""
        if not _is_informational(data[0].code):
            self._informational = 0
            super().feed_data(data, size)
            return
        self._informational += 1
        if self._informational > MOST_INFORMATIONAL and self.exception() is None:
            self.set_exception(aiohttp.ClientPayloadError("The server announces its answer again and again."))
            if self.transport is not None:
                self.transport.abort()


def _is_informational(status: int) -> bool:
    return 100 <= status < 200 and status != 101


class Connector(aiohttp.TCPConnector):
    """Opens connections of the class `FewInformational`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._factory: Callable[[], ResponseHandler] = partial(FewInformational, self._loop)  # type: ignore[assignment]
