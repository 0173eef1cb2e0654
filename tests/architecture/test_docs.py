import ast
import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from types import ModuleType

import pytest
from aiohttp import web

import federation
import pod
import protocol
from pod.config import SECTIONS, Config, parse_config
from protocol.errors import RefusedError
from tests.architecture.tree import code_files, nodes_of, tree_of
from tests.support.folders import ROOT

EXAMPLE = (ROOT / "pod.toml.example").read_text(encoding="utf-8")
JOURNEYS = ("life-of-a-vote.md", "life-of-an-activity.md", "life-of-a-decision.md")
PLACE = re.compile(r"`((?:[a-z_0-9]+/)+[a-z_0-9]+\.py)(?:::(\w+))?`")
FOLDER = re.compile(r"`((?:[a-z_0-9]+/)+)`")
A_SCREEN = 45
# Too large to be one room of the map.
WINGS = {"protocol/", "models/", "federation/", "pod/", "pod/actions/", "pod/actions/reading/", "pod/web/"}
# Rooms whose files are named one by one.
HALLS = {"protocol/", "moderation/", "federation/", "pod/", "pod/actions/"}
ENTRANCES = {f"{hall}__init__.py" for hall in HALLS} | {"pod/__main__.py"}


def document(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of a document's one table, without the two lines of its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def refusals() -> dict[str, int]:
    """The status of each code that a floor of ours has."""
    floors = [protocol, federation, pod]
    every = [vars(module).values() for floor in floors for module in modules(floor)]
    kinds = {kind for values in every for kind in values if isinstance(kind, type) and issubclass(kind, RefusedError)}
    own = [kind for kind in kinds if "code" in vars(kind)]
    assert len({kind.code for kind in own}) == len(own), "two refusals share a code"
    return {kind.code: kind.status for kind in own}


def routes() -> set[tuple[str, str]]:
    tables = [
        value for module in modules(pod) for value in vars(module).values() if isinstance(value, web.RouteTableDef)
    ]
    defined = [route for table in tables for route in table if isinstance(route, web.RouteDef)]
    # `{name:[^/]*}` is told as {name}.
    return {(route.method, re.sub(r"(\{\w+):[^{}]*\}", r"\1}", route.path)) for route in defined}


def names_in(path: str) -> set[str]:
    tree = tree_of(ROOT / path)
    return {
        node.name for node in nodes_of(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


def test_the_example_names_every_key_of_the_configuration_and_no_other() -> None:
    shown = {(section, key) for section, members in tomllib.loads(EXAMPLE).items() for key in members}
    known = {(section, key) for section, kind in SECTIONS.items() for key in kind.__struct_fields__}
    assert shown == known
    assert set(SECTIONS) == set(Config.__struct_fields__)


def test_the_example_is_a_configuration_and_shows_the_defaults() -> None:
    config = parse_config(EXAMPLE)
    assert config == parse_config(f'[server]\nbase_url = "{config.server.base_url}"')


def test_the_example_explains_each_key_in_the_line_above_it() -> None:
    lines = EXAMPLE.splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"[a-z_]+ = ", line)]
    assert keys
    assert [lines[number] for number in keys if not lines[number - 1].startswith("# ")] == []


def test_every_code_of_a_refusal_is_documented_with_its_status_and_no_other() -> None:
    documented = rows(document("errors.md"))
    assert {code: int(status) for code, status, _ in documented} == refusals()
    assert [code for code, _, meaning in documented if not meaning] == []


def test_every_route_is_documented_and_no_other() -> None:
    documented = [*rows(document("api.md")), *rows(document("pages.md"))]
    listed = [(method, path) for method, path, _, _ in documented]
    assert set(listed) == routes()
    assert len(listed) == len(set(listed))
    assert [path for _, path, who, what in documented if not (who and what)] == []


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_journey_passes_only_files_and_functions_that_exist(name: str) -> None:
    places = PLACE.findall(document(name))
    assert len(places) > 10
    assert [path for path, _ in places if not (ROOT / path).is_file()] == []
    assert [f"{path}::{what}" for path, what in places if what and what not in names_in(path)] == []


@pytest.mark.parametrize("path", ["docs/ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "FEDERATION.md"])
def test_a_map_of_the_house_shows_only_what_exists(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    files, folders = PLACE.findall(text), FOLDER.findall(text)
    assert [path for path, _ in files if not (ROOT / path).is_file()] == []
    assert [path for path in folders if not (ROOT / path).is_dir()] == []


def test_the_map_of_the_house_names_every_room_and_each_fits_a_screen() -> None:
    text = document("ARCHITECTURE.md")
    named = {path.rpartition("/")[0] + "/" for path, _ in PLACE.findall(text)} | set(FOLDER.findall(text))
    rooms = {f"{path.parent.relative_to(ROOT)}/" for path in code_files()} - WINGS
    assert sorted(room for room in rooms if not room.startswith(tuple(named - WINGS))) == []
    single = {
        str(path.relative_to(ROOT)) for path in code_files() if f"{path.parent.relative_to(ROOT)}/" in HALLS
    } - ENTRANCES
    assert sorted(single - {path for path, _ in PLACE.findall(text)}) == []
    sizes = {part.partition("\n")[0]: part.count("\n") for part in re.split(r"^## ", text, flags=re.MULTILINE)}
    assert {name: lines for name, lines in sizes.items() if lines > A_SCREEN} == {}


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("*.md")]
    assert sorted(numbers) == sorted(set(numbers))
