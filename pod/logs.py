"""The pod's log: one line an event, for people or as JSON; whatever is said during a request carries its id.

Nothing secret is ever handed to it: no tokens, phrases, bodies or queries; a request is told by its route.
"""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final

import msgspec
import structlog
from aiohttp.http import HttpProcessingError
from structlog.typing import EventDict, Processor

from models.engine.full_disk import is_full, is_unwritable
from pod.clock import stamp
from pod.config import Logging

_STAMP: Final = structlog.processors.TimeStamper(fmt="iso", utc=True)
# While it has a value, every line has it, too; the logging library finds it by its name.
TOLD_REQUEST: Final[ContextVar[str]] = ContextVar(f"{structlog.contextvars.STRUCTLOG_KEY_PREFIX}request")
QUIET = ("aiohttp.access", "aiosqlite", "asyncio", "alembic")


class Lines:
    """The output of our own loggers: directly to standard error, because every request writes a line."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def info(self, line: str) -> None:
        """Write one line, which names its own level."""
        sys.stderr.write(f"{line}\n")

    debug = warning = error = critical = info


class RequestLines:
    """Writes the lines of requests, in the same form as others but faster, because they are the most frequent."""

    def __init__(self) -> None:
        self.form = ""  # empty if requests aren't logged

    def tell(self, number: str, method: str, route: str, status: int, spent_ns: int) -> None:
        """Write the line of a request."""
        if not self.form:
            return
        hundredths = spent_ns // 10_000
        ms = f"{hundredths // 100}.{hundredths % 100:02}"
        if self.form == "json":
            rest = f'{_told_in_json(method, route, status)},"ms":{ms},{_REST_IN_JSON},"timestamp":"{stamp()}"'
            sys.stderr.write(f'{{"request":"{number}",{rest}}}\n')
        else:
            told = f"request={number!r} {_told(method, route, status)} ms={ms}"
            sys.stderr.write(f"{stamp()} info pod.middleware request {told}\n")


_REST_IN_JSON: Final = '"event":"request","level":"info","logger":"pod.middleware"'


@lru_cache(maxsize=1024)  # there are some hundred routes
def _told(method: str, route: str, status: int) -> str:
    return f"method={method!r} route={route!r} status={status}"


@lru_cache(maxsize=1024)
def _told_in_json(method: str, route: str, status: int) -> str:
    return _json({"method": method, "route": route, "status": status})[1:-1]


REQUEST_LINES: Final = RequestLines()


def configure_logs(config: Logging) -> None:
    """Make all loggers, ours and those of libraries, write one form to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _STAMP,
    ]
    ending = _ending(config.format)
    level = logging.getLevelNamesMapping()[config.level.upper()]
    REQUEST_LINES.form = config.format if level <= logging.INFO else ""
    structlog.configure(
        processors=[*shared, *ending],
        logger_factory=Lines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("aiohttp.server").addFilter(_told_shortly)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _told_shortly(record: logging.LogRecord) -> bool:
    """Log a request that isn't HTTP in one line without traceback, so that strangers can't fill the log."""
    fault = record.exc_info[1] if record.exc_info else None
    if isinstance(fault, HttpProcessingError):
        record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
    return True


def _ending(form: str) -> list[Processor]:
    last = structlog.processors.JSONRenderer(serializer=_json) if form == "json" else _plain
    return [_machine_faults_shortly, structlog.processors.format_exc_info, last]


def _machine_faults_shortly(_: object, __: str, event: EventDict) -> EventDict:
    """Log a full disk, or a database that takes no writes, in one line: a traceback wouldn't help."""
    found = event.get("exc_info")
    fault = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(fault, BaseException) and (said := _said_of_machine(fault)):
        del event["exc_info"]
        event["fault"] = said
    return event


def _said_of_machine(fault: BaseException) -> str:
    if is_full(fault):
        return "The disk is full."
    return "The database takes no writes." if is_unwritable(fault) else ""


def _plain(_: object, __: str, event: EventDict) -> str:
    """One line for people. The library's own form is slow, and shows local variables."""
    first = [str(event.pop(name, "")) for name in ("timestamp", "level", "logger", "event")]
    exception = event.pop("exception", None)
    told = [f"{name}={value if isinstance(value, int | float) else repr(value)}" for name, value in event.items()]
    line = " ".join([*first, *told])
    return f"{line}\n{exception}" if exception else line


def _json(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()
