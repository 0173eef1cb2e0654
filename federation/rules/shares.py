"""What is one's share of what a process has."""

from __future__ import annotations

from federation.errors import BusyError
from protocol.errors import Rule


class ShareRule(Rule):
    """What is one's share of what a process has."""

    NO_ROOM = (BusyError, "This is more at once than the pod has room for; try again in some seconds.")
