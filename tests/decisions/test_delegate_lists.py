"""Which list holds in a poll, and what its entries reach."""

from decisions.delegate_lists import (
    LAPSES_AFTER_MS,
    DelegateList,
    nearest_list,
    scopes_of,
    table_of,
)
from decisions.delegation import NOBODY
from protocol.ids import RecordId
from protocol.records.content import GROUP_SCOPE, scope_of_area, scope_of_poll

POLL = RecordId("p")
END = 2 * LAPSES_AFTER_MS
NOW = END - 1000
PARENTS = {"school": "town", "roads": "town", "town": "land", "park": "green"}


def test_scopes_go_up_the_tree_level_by_level() -> None:
    found = scopes_of(POLL, ["school", "park", "roads"], PARENTS)
    areas = ["school", "park", "roads", "town", "green", "land"]
    assert found == (scope_of_poll(POLL), *map(scope_of_area, areas), GROUP_SCOPE)


def test_a_tree_with_a_circle_ends() -> None:
    assert scopes_of(POLL, ["a"], {"a": "b", "b": "a"}) == (
        scope_of_poll(POLL),
        scope_of_area("a"),
        scope_of_area("b"),
        GROUP_SCOPE,
    )


def test_the_nearest_list_holds_and_an_empty_one_too() -> None:
    scopes = scopes_of(POLL, ["school"], PARENTS)
    lists = {GROUP_SCOPE: DelegateList((1,), NOW), scope_of_area("town"): DelegateList((2, 3), NOW)}
    assert nearest_list(lists, scopes, END) == (2, 3)
    assert nearest_list(lists | {scope_of_area("school"): DelegateList((), NOW)}, scopes, END) == ()
    assert nearest_list(lists | {scope_of_poll(POLL): DelegateList((4,), NOW)}, scopes, END) == (4,)
    assert nearest_list({}, scopes, END) == ()


def test_a_lapsed_list_is_as_if_absent() -> None:
    scopes, group = (scope_of_area("school"), GROUP_SCOPE), DelegateList((1,), NOW)
    for lapsed in (DelegateList((2,), NOW, END), DelegateList((2,), END - LAPSES_AFTER_MS)):
        assert nearest_list({scope_of_area("school"): lapsed, GROUP_SCOPE: group}, scopes, END) == (1,)
    for alive in (DelegateList((2,), NOW, END + 1), DelegateList((2,), END - LAPSES_AFTER_MS + 1)):
        assert nearest_list({scope_of_area("school"): alive, GROUP_SCOPE: group}, scopes, END) == (2,)


def test_an_area_called_like_the_group_is_an_area() -> None:
    assert nearest_list({GROUP_SCOPE: DelegateList((1,), NOW)}, [scope_of_area("group")], END) == ()


def test_entries_that_reach_nobody_keep_their_place() -> None:
    lists = {10: (10, 99, 30, 20, 20), 20: (), 30: (40,), 99: (10,)}
    table, listed = table_of(lists, [10, 20, 30, 40], [10, 20, 40, 99])
    assert table.tolist() == [
        [NOBODY, NOBODY, NOBODY, 1, NOBODY],
        [NOBODY] * 5,
        [3, *[NOBODY] * 4],
        [NOBODY] * 5,
    ]
    assert listed.tolist() == [True, False, True, False]


def test_a_roll_without_lists_has_a_table_of_one_place() -> None:
    table, listed = table_of({}, [1, 2], [1])
    assert table.tolist() == [[NOBODY], [NOBODY]]
    assert not listed.any()
