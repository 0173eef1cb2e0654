"""One name, one thing: no class name stands twice, no file is called by an act, no part of the pod has many fields."""

import ast
import re
from collections import defaultdict
from pathlib import PurePosixPath

import pytest

from tests.architecture.tree import code_files, name_of, nodes_of, tree_of

PARTS = ("pod/deps.py", "pod/store.py", "pod/identity.py", "pod/memory.py")
MOST_FIELDS = 7
# Acts that the protocol itself names so: a file may be called by them.
ACTS = {"founding", "sealing", "keeping", "weighing"}
# Words that only look like gerunds.
THINGS = {"keyring", "belonging", "wording", "operation_wording", "routing", "ranking"}
# Names that used to mean several things, with the types of what each means now (docs/glossary.md).
MEANT = {
    "head": r"(RecordId|StoredItem|str)( \| None)?",  # a str in what a pod was told of another
    "place": r"(Mapped\[int\]|int|LogPlace|tuple\[str, RecordId\])( \| None)?",
    "sight": r"\w+Sight",
    "words": r"(Mapped\[str\]|str|Sequence\[str\]|tuple\[str, str\]|Mapping\[Address, VisibleWords\])( \| None)?",
}


def test_no_class_name_stands_twice() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in code_files():
        for node in nodes_of(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(name_of(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_file_is_called_by_an_act() -> None:
    acts = {
        name_of(path)
        for path in code_files()
        if path.stem.endswith("ing") and path.stem not in ACTS | THINGS and "versions" not in path.parts
    }
    assert acts == set()


@pytest.mark.parametrize("path", PARTS)
def test_no_value_of_the_composition_root_has_more_than_seven_fields(path: str) -> None:
    classes = [node for file in code_files() if name_of(file) == path for node in tree_of(file).body]
    counted = {
        node.name: sum(isinstance(entry, ast.AnnAssign) for entry in node.body)
        for node in classes
        if isinstance(node, ast.ClassDef) and node.decorator_list
    }
    assert counted, PurePosixPath(path)
    assert {name: count for name, count in counted.items() if count > MOST_FIELDS} == {}


@pytest.mark.parametrize("name", MEANT)
def test_a_name_of_the_glossary_means_one_thing(name: str) -> None:
    others = {
        f"{name_of(path)}:{node.lineno}: {ast.unparse(node.annotation)}"
        for path in code_files()
        for node in nodes_of(tree_of(path))
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation and _named(node) == name
        if not re.fullmatch(MEANT[name], ast.unparse(node.annotation))
    }
    assert others == set()


def _named(node: ast.arg | ast.AnnAssign) -> str:
    return node.arg if isinstance(node, ast.arg) else getattr(node.target, "id", "")
