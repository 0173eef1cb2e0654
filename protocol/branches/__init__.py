"""Which branch of a chain holds; see `protocol.branches.resolve` for the rules."""

from protocol.branches.resolve import confirm, extend, offered, resolve
from protocol.branches.view import Fault, Node, Run, View, anchored, opened

__all__ = ["Fault", "Node", "Run", "View", "anchored", "confirm", "extend", "offered", "opened", "resolve"]
