"""What the code defines, the code uses: nothing lies in it that tests alone call.

Counted are functions without a decorator, classes and constants of modules. A name counts as used where it is read, an
attribute of that name is, or a text of the code or a template names it: that keeps what is looked up by its name.
"""

import ast
import re
from collections.abc import Iterator

from tests.architecture.tree import code_files, name_of, nodes_of, tree_of
from tests.support.folders import ROOT

# Each of these has no caller yet, or none of its kind, and says why it stays.
NOT_CALLED = {
    "sign_document": "a person's statements about their other keys (FEP-c390), which move with them",
    "check_document": "reads what sign_document wrote",
    "verify_consistency": "the other half of a proof that /proof serves, held by the vectors of other implementations",
    "CommitRow": "a table, which is used by its columns",
    "ROOMS": "the modules of tables, imported for what they declare",
}
OF_MIGRATIONS = "migrations/"


def test_what_the_code_defines_has_a_caller_in_the_code() -> None:
    used = set(_used())
    alone = {name: where for where, name in _defined() if name not in used and not name.startswith("__")}
    assert {name: where for name, where in alone.items() if name not in NOT_CALLED} == {}
    assert set(NOT_CALLED) <= set(alone), "These have callers now, or are gone."


def _defined() -> Iterator[tuple[str, str]]:
    for path in code_files():
        if name_of(path).startswith(OF_MIGRATIONS):  # alembic calls these
            continue
        for node in tree_of(path).body:
            match node:
                case ast.FunctionDef(name=name, decorator_list=[]) | ast.AsyncFunctionDef(name=name, decorator_list=[]):
                    yield name_of(path), name
                case ast.ClassDef(name=name):
                    yield name_of(path), name
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    yield name_of(path), name
                case _:
                    pass


def _used() -> Iterator[str]:
    for path in code_files():
        for node in nodes_of(tree_of(path)):
            match node:
                case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                    yield name
                case ast.Constant(value=str(text)) if " " not in text:
                    yield from re.findall(r"\w+", text)
                case _:
                    pass
    for template in (ROOT / "pod").rglob("*.html"):
        yield from re.findall(r"\w+", template.read_text())
