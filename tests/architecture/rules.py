"""The house rules that a machine can hold, each a function from a syntax tree to the faults in it.

Sizes, names, docstrings, prints, clock and entropy; what may be imported where is in doors.py.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.architecture.tree import imports_of, is_within, nodes_of

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
EMPTY_WORDS = {"manager", "helper", "util", "misc", "common", "data", "info", "process"}
EMPTY_WORDS |= {word + "s" for word in EMPTY_WORDS - {"process"}}

CLOCKS_AND_ENTROPY = ("time", "random", "secrets", "uuid", "os.urandom", "os.getrandom")
READINGS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "os.urandom",
    "os.getrandom",
    "Ed25519PrivateKey.generate",
    "X25519PrivateKey.generate",
    "AESGCM.generate_key",
    "ChaCha20Poly1305.generate_key",
    "Fernet.generate_key",
}


def long_functions(tree: ast.Module) -> Iterator[str]:
    """A function that no longer fits a screen is two."""
    for node in nodes_of(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{node.lineno}: {node.name} has {lines} lines, {LONGEST_FUNCTION} are the most"


def empty_names(path: str, tree: ast.Module) -> Iterator[str]:
    """A module or class is named by what it is; some words say nothing."""
    parts = PurePosixPath(path).with_suffix("").parts
    for word in {word for part in parts for word in part.lower().split("_")} & EMPTY_WORDS:
        yield f"1: the path says nothing with “{word}”"
    for node in nodes_of(tree):
        if isinstance(node, ast.ClassDef):
            words = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", node.name)}
            for word in words & EMPTY_WORDS:
                yield f"{node.lineno}: class {node.name} says nothing with “{word}”"


def missing_promise(tree: ast.Module) -> Iterator[str]:
    """A module's first line says what it promises, as a sentence."""
    promise = (ast.get_docstring(tree) or "").split("\n", 1)[0]
    if not promise.rstrip().endswith((".", ":", "?", "!")):
        yield "1: the module's docstring does not begin with a sentence that says what it promises"


def prints(tree: ast.Module) -> Iterator[str]:
    """What a pod says goes through its log; only commands talk to a terminal."""
    for node in nodes_of(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"{node.lineno}: print"


def readings(tree: ast.Module) -> Iterator[str]:
    """Time and entropy are arguments."""
    for line, name in imports_of(tree):
        for source in CLOCKS_AND_ENTROPY:
            if is_within(name, source):
                yield f"{line}: imports {name}"
    for node in nodes_of(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if f"{owner}.{node.attr}" in READINGS:
                yield f"{node.lineno}: reads {owner}.{node.attr}"
