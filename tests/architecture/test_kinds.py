"""Every kind of record that needs no order has its entry on every floor, each made of all its parts."""

import ast
from typing import Any, get_args

import pytest

from federation.activities.kinds import SPOKEN
from models.content.projections.kinds import PROJECTED
from pod.actions.drafted_kinds import DRAFTED
from pod.actions.record_kinds import TELLING
from pod.web.group.log_kinds import SHOWN
from protocol.records.content import KINDS, Content, Leaves, OfEach, Unknown
from protocol.records.envelope import CHAIN_TYPES
from protocol.records.operation import WISHES, UnknownDo, Wish
from tests.architecture.tree import code_files, nodes_of, tree_of
from tests.support.folders import ROOT

TABLES = {"read": KINDS, "drafted": DRAFTED, "projected": PROJECTED, "spoken": SPOKEN, "told": TELLING, "shown": SHOWN}
ENTRIES = {
    "protocol/records/content/kinds.py": {"OfEach", "RecordKind"},
    "protocol/records/operation.py": {"WishKind"},
    "pod/actions/drafted_kinds.py": {"DraftedKind"},
    "models/content/projections/kinds.py": {"ProjectedKind"},
    "federation/activities/kinds.py": {"SpokenKind"},
    "pod/actions/record_kinds.py": {"TellingKind"},
    "pod/web/group/log_kinds.py": {"ShownKind"},
}


def test_the_registry_has_each_kind_that_content_can_be_and_no_other() -> None:
    kinds = {kind.__name__ for kind in get_args(Content)} - {Unknown.__name__}
    assert set(OfEach.__struct_fields__) == kinds
    assert {name: kind.content.__name__ for name, kind in KINDS} == {name: name for name in kinds}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_knows_each_kind_and_no_type_of_tomorrow(table: OfEach[Any]) -> None:
    assert [name for name, _ in table] == list(OfEach.__struct_fields__)
    assert table.of("Sculpture") is None


def test_what_erasing_leaves_can_be_emptied_and_folded_again() -> None:
    for name, kind in KINDS:
        rows = PROJECTED.of(name)
        assert rows is not None
        assert (rows.fold_erased is not None) == (kind.leaves is not Leaves.ALL), name
        assert (rows.sheet is not None) == (kind.leaves is Leaves.PLACES), name


@pytest.mark.parametrize("path", ENTRIES)
def test_no_part_of_an_entry_has_a_default_so_that_a_missing_one_does_not_type_check(path: str) -> None:
    classes = {node.name: node for node in nodes_of(tree_of(ROOT / path)) if isinstance(node, ast.ClassDef)}
    for name in ENTRIES[path]:
        fields = [node for node in classes[name].body if isinstance(node, ast.AnnAssign)]
        assert fields
        assert [ast.unparse(field) for field in fields if field.value is not None] == []


def test_each_wish_of_an_operation_can_be_read_and_written() -> None:
    assert {kind.wish for kind in WISHES.values()} == {*get_args(Wish)} - {UnknownDo}


def records_by_hand(tree: ast.Module) -> list[int]:
    """Where a dict is written that says it is a record: by its type, or by what an operation does."""
    named = {*OfEach.__struct_fields__, *CHAIN_TYPES}
    said = [
        (node.lineno, key.value, value.value)
        for node in nodes_of(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
    ]
    return [
        line for line, key, value in said if (key == "type" and value in named) or (key == "do" and value in WISHES)
    ]


def test_nobody_above_the_protocol_writes_the_members_of_a_record_by_hand() -> None:
    # The demo speaks to its pods over HTTP, as any program does.
    above = [
        path for path in code_files() if path.relative_to(ROOT).parts[0] != "protocol" and "demo" not in path.parts
    ]
    assert {str(path): lines for path in above if (lines := records_by_hand(tree_of(path)))} == {}


@pytest.mark.parametrize("written", ['{"type": "Vote", "value": 1}', '{"type": kind, "do": "leave", "with": {}}'])
def test_a_record_written_by_hand_is_found(written: str) -> None:
    assert records_by_hand(ast.parse(written)) == [1]
