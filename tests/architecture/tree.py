"""The tree as the house rules see it: which files there are, and their syntax trees, each parsed once."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.folders import ROOT

FLOORS = ("pod", "federation", "migrations", "models", "moderation", "decisions", "protocol")


@cache
def code_files() -> tuple[Path, ...]:
    """Every Python file of the floors."""
    return tuple(path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py")))


@cache
def python_files() -> tuple[Path, ...]:
    """Every Python file of ours: floors, tests, dev.py."""
    return (*code_files(), *sorted((ROOT / "tests").rglob("*.py")), ROOT / "dev.py")


@cache
def committed_files() -> tuple[Path, ...]:
    """Every file that is committed or could be: what git tracks, and what it doesn't ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """All nodes of a tree, as `ast.walk` gives them; walked once, for many rules look at each tree."""
    return tuple(ast.walk(tree))


def name_of(path: Path) -> str:
    """A path as messages and rules write it: pod/clock.py."""
    return path.relative_to(ROOT).as_posix()


@cache
def imports_of(tree: ast.AST) -> tuple[tuple[int, str], ...]:
    """Line and full dotted name of all that is imported: `from a import b` is a.b."""
    return tuple(_imports_of(tree))


def _imports_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def is_within(name: str, package: str) -> bool:
    """Whether the dotted `name` is `package` or something in it."""
    return name == package or name.startswith(package + ".")
