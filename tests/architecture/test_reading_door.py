import ast
from collections.abc import Callable, Iterator

import pytest

from tests.architecture import reading_door
from tests.architecture.tree import code_files, name_of, nodes_of, tree_of

Rule = Callable[[str, ast.Module], Iterator[str]]
RULES = (reading_door.texts_in_outputs, reading_door.words_made_elsewhere)


@pytest.mark.parametrize("rule", RULES)
def test_words_leave_by_the_reading_door_alone(rule: Rule) -> None:
    assert [f"{name_of(path)}:{fault}" for path in code_files() for fault in rule(name_of(path), tree_of(path))] == []


def test_every_value_with_words_is_made_where_the_rule_says() -> None:
    for name, path in reading_door.MAKERS.items():
        (found,) = [file for file in code_files() if name_of(file) == path]
        assert any(isinstance(node, ast.ClassDef) and node.name == name for node in nodes_of(tree_of(found))), name


PLANTED = [
    pytest.param(reading_door.texts_in_outputs, "pod/web/a.py", "from models.content.home_feed import load_cards"),
    pytest.param(reading_door.texts_in_outputs, "pod/api/a.py", "import models.content.search"),
    pytest.param(reading_door.texts_in_outputs, "pod/plots/a.py", "from models.groups.records import load_record"),
    pytest.param(
        reading_door.texts_in_outputs,
        "pod/actions/fediverse/post_documents.py",
        "from models.content.posts_and_votes import load_sheets",
    ),
    pytest.param(
        reading_door.texts_in_outputs,
        "pod/actions/notifications.py",
        "from models.content.posts_and_votes import target_key, load_profiles",
    ),
    pytest.param(reading_door.words_made_elsewhere, "pod/web/post/page.py", "card = VisibleCard(title='x')"),
    pytest.param(reading_door.words_made_elsewhere, "pod/api/a.py", "access.ReadableGroup(None, view, None, x)"),
]


@pytest.mark.parametrize(("rule", "path", "source"), PLANTED)
def test_each_rule_of_the_door_finds_the_fault_planted_for_it(rule: Rule, path: str, source: str) -> None:
    assert list(rule(path, ast.parse(source)))


def test_what_has_no_words_may_be_asked() -> None:
    source = "from models.content.belonging import list_own\nfrom models.people.accounts import Account"
    assert list(reading_door.texts_in_outputs("pod/web/a.py", ast.parse(source))) == []
