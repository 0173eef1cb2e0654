import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.architecture import doors, rules
from tests.architecture.tree import code_files, name_of, python_files, tree_of
from tests.support.folders import ROOT

MAY_PRINT = ("pod/cli/", "pod/demo/")
READS_THE_CLOCK = "pod/clock.py"


def faults(files: Iterable[Path], rule: Callable[[str, ast.Module], Iterator[str]]) -> list[str]:
    return [f"{name_of(path)}:{fault}" for path in files for fault in rule(name_of(path), tree_of(path))]


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {name: lines for name, lines in lengths.items() if lines > rules.LONGEST_FILE} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    assert faults(code_files(), lambda _, tree: rules.long_functions(tree)) == []


def test_no_module_or_class_has_an_empty_name() -> None:
    assert faults(python_files(), rules.empty_names) == []


def test_every_module_says_first_what_it_promises() -> None:
    written = [path for path in code_files() if path.read_text(encoding="utf-8").strip()]
    assert faults(written, lambda _, tree: rules.missing_promise(tree)) == []


def test_only_commands_print() -> None:
    silent = [path for path in code_files() if not name_of(path).startswith(MAY_PRINT)]
    assert faults(silent, lambda _, tree: rules.prints(tree)) == []


def test_only_the_clock_reads_time_and_entropy() -> None:
    others = [path for path in code_files() if name_of(path) != READS_THE_CLOCK]
    assert faults(others, lambda _, tree: rules.readings(tree)) == []


def test_sql_network_and_old_signatures_have_one_door_each() -> None:
    assert faults(code_files(), doors.closed_doors) == []


def test_the_edges_do_not_import_each_other() -> None:
    assert faults(code_files(), doors.crossed_edges) == []


def test_migrations_import_nothing_of_ours() -> None:
    assert faults(code_files(), doors.thawed_versions) == []


PLANTED = [
    pytest.param(lambda _, tree: rules.long_functions(tree), "a.py", "def f():\n" + " x\n" * 40, id="long"),
    pytest.param(rules.empty_names, "pod/string_utils.py", "", id="module name"),
    pytest.param(rules.empty_names, "pod/a.py", "class RecordManager: ...", id="class name"),
    pytest.param(rules.empty_names, "pod/a.py", "class HTTPInfo: ...", id="class name with initials"),
    pytest.param(lambda _, tree: rules.missing_promise(tree), "a.py", "x = 1", id="no docstring"),
    pytest.param(lambda _, tree: rules.missing_promise(tree), "a.py", '"""votes"""', id="no sentence"),
    pytest.param(lambda _, tree: rules.prints(tree), "a.py", "print(1)", id="print"),
    pytest.param(lambda _, tree: rules.readings(tree), "a.py", "import time", id="time"),
    pytest.param(lambda _, tree: rules.readings(tree), "a.py", "from os import urandom", id="urandom"),
    pytest.param(lambda _, tree: rules.readings(tree), "a.py", "datetime.now(UTC)", id="now"),
    pytest.param(lambda _, tree: rules.readings(tree), "a.py", "dt.datetime.now(UTC)", id="now, in full"),
    pytest.param(doors.closed_doors, "pod/api/votes.py", "from sqlalchemy import select", id="SQL"),
    pytest.param(
        doors.closed_doors,
        "pod/api/votes.py",
        "from sqlalchemy.ext.asyncio import AsyncSession",
        id="a session above actions",
    ),
    pytest.param(doors.closed_doors, "pod/actions.py", "from sqlalchemy import select", id="SQL of actions"),
    pytest.param(doors.closed_doors, "federation/sync.py", "from aiohttp import ClientSession", id="client"),
    pytest.param(doors.closed_doors, "federation/actors.py", "import httpsig.utils", id="httpsig"),
    pytest.param(doors.closed_doors, "federation/html.py", "from pyld import jsonld", id="pyld"),
    pytest.param(doors.closed_doors, "pod/actions/a.py", "import aiosmtplib", id="mail"),
    pytest.param(doors.closed_doors, "pod/demo/people.py", "from tests.support import rig", id="tests"),
    pytest.param(doors.crossed_edges, "pod/web/a.py", "from pod.api.votes import parse_vote", id="edges"),
    pytest.param(doors.thawed_versions, "migrations/versions/a.py", "import models.engine.columns", id="thawed"),
]


@pytest.mark.parametrize(("rule", "path", "source"), PLANTED)
def test_each_rule_finds_the_fault_planted_for_it(
    rule: Callable[[str, ast.Module], Iterator[str]], path: str, source: str
) -> None:
    assert list(rule(path, ast.parse(source)))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("models/votes.py", "from sqlalchemy import select"),
        ("pod/actions/chain/door.py", "from sqlalchemy.ext.asyncio import AsyncSession"),
        ("federation/safe_http/client.py", "from aiohttp import ClientSession"),
        ("federation/signatures/cavage.py", "import httpsig.utils"),
        ("pod/app.py", "from aiohttp import web"),
    ],
)
def test_each_door_lets_its_owner_pass(path: str, source: str) -> None:
    assert list(doors.closed_doors(path, ast.parse(source))) == []


def test_migrations_are_one_line_and_each_stands_in_the_file_of_its_number() -> None:
    heads = {}
    for path in sorted((ROOT / "migrations" / "versions").glob("[0-9]*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        named = {
            target.id: ast.literal_eval(node.value)
            for node in body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id in {"revision", "down_revision"}
        }
        assert path.name.startswith(f"{named['revision']}_")
        assert named["revision"] not in heads
        heads[named["revision"]] = named["down_revision"]
    numbers = sorted(heads)
    assert [heads[number] for number in numbers] == [None, *numbers[:-1]]
