"""A file of a result is believed for its signatures alone; each kind of tampering is named by a rule of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec
import pytest

from decisions.bundle.recount import Recount
from decisions.bundle.shape import Bundle, Stated
from decisions.bundle.verify import open_each, verify
from decisions.lot import draw
from protocol.canonical import JsonObject
from tests.decisions.bundle.decided import Decided, Drawn


@lru_cache(maxsize=1)
def decided() -> Decided:
    return Decided()


@lru_cache(maxsize=1)
def honest() -> bytes:
    return msgspec.json.encode(decided().bundle())


def found(change: Callable[[Any], None]) -> list[str]:
    """The rules that a file breaks after `change`."""
    file = json.loads(honest())
    change(file)
    return [fault.rule.key for fault in verify(json.dumps(file).encode()).faults]


def test_dc_17_an_honest_file_is_right() -> None:
    verdict = verify(honest())

    assert verdict.faults == ()
    (result,) = verdict.rounds
    supports = {one.id: (one.support.direct, one.support.delegated) for one in result.options}
    # 5 names 3, who isn't declared, and then 2; 6 names 5. The ballot by 4's new key doesn't count.
    assert supports == {"yes": (2, 0), "no": (1, 1)}
    assert (result.silent, result.stranded) == (1, 1)
    assert verdict.confirmed_by == 1


def record_of(file: Any, wanted: str) -> JsonObject:
    return next(one for one in file["records"] if one["type"] == wanted)


def change_ballot(file: Any) -> None:
    record_of(file, "Ballot")["choice"] = "no"


def drop_record(file: Any) -> None:
    file["records"].remove(record_of(file, "Ballot"))


def drop_from_count(file: Any) -> None:
    del file["stated"]["rounds"][0]["ballots"][0]


def add_record(file: Any) -> None:
    file["records"].append(json.loads(decided().late.wire))


def add_late_entry(file: Any) -> None:
    add_record(file)
    file["leaves"].append(decided().late.id)


def count_late(file: Any) -> None:
    file["stated"]["rounds"][0]["ballots"].append([6, decided().end])


def count_nothing(file: Any) -> None:
    file["stated"]["rounds"][0]["ballots"].append([6, 0])


def count_twice(file: Any) -> None:
    file["stated"]["rounds"][0]["ballots"].append(file["stated"]["rounds"][0]["ballots"][0])


def name_entry_twice(file: Any) -> None:
    file["leaves"][2] = file["leaves"][1]


def count_new_key(file: Any) -> None:
    file["stated"]["rounds"][0]["ballots"].append([4, decided().log.index(decided().ballots[4])])


def lead_elsewhere(file: Any) -> None:
    file["stated"]["rounds"][0]["paths"][4][0] = 1


def add_to_roll(file: Any) -> None:
    file["stated"]["roll"].append(7)
    file["stated"]["votes"].append(1)


def weigh_more(file: Any) -> None:
    file["stated"]["votes"][0] = 2


def swap_entries(file: Any) -> None:
    file["leaves"][1], file["leaves"][2] = file["leaves"][2], file["leaves"][1]


def forge_seal(file: Any) -> None:
    file["items"][2]["at"] += 1


def leave_out_item(file: Any) -> None:
    del file["items"][3]


def forget_confirmations(file: Any) -> None:
    file["acks"] = []


def change_sum(file: Any) -> None:
    file["stated"]["rounds"][0]["result"]["options"][0]["support"]["direct"] = 3


def name_other_group(file: Any) -> None:
    file["group"] = file["poll"]


def end_too_early(file: Any) -> None:
    del file["items"][-1]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (change_ballot, "forged_record"),
        (drop_record, "record_missing"),
        (drop_from_count, "ballot_dropped"),
        (add_record, "record_not_in_log"),
        (add_late_entry, "late_record"),
        (count_late, "late_ballot"),
        (count_nothing, "ballot_added"),
        (count_twice, "counted_twice"),
        (name_entry_twice, "leaf_twice"),
        (count_new_key, "key_after_recovery"),
        (lead_elsewhere, "wrong_path"),
        (add_to_roll, "wrong_roll"),
        (weigh_more, "wrong_roll"),
        (swap_entries, "wrong_log_root"),
        (forge_seal, "forged_item"),
        (leave_out_item, "broken_chain"),
        (forget_confirmations, "not_confirmed"),
        (change_sum, "wrong_result"),
        (name_other_group, "other_group"),
        (end_too_early, "end_missing"),
    ],
)
def test_dc_17_each_tampering_is_named_by_its_own_rule(change: Callable[[Any], None], rule: str) -> None:
    assert found(change) == [rule]


@lru_cache(maxsize=1)
def drawn() -> bytes:
    return msgspec.json.encode(Drawn().bundle())


def test_dc_18_a_file_proves_both_rounds_the_lot_and_what_a_contest_led_to() -> None:
    verdict = verify(drawn())
    stated = json.loads(drawn())["stated"]

    assert verdict.faults == ()
    assert [result.winners for result in verdict.rounds[:2]] == [("00", "01"), ("00", "01")]
    assert stated["contest"]["voided"] == [2]
    assert stated["contest"]["winners"] == ["00"]
    # Without member 2's ballot North alone wins: the result stands if that is what was drawn.
    assert stated["contest"]["stands"] == verdict.final == (verdict.chosen == ("00",))


def leave_share_out(file: Any) -> None:
    file["records"].remove(record_of(file, "Opening"))


def forget_contest(file: Any) -> None:
    file["stated"]["contest"] = None


def forget_round(file: Any) -> None:
    del file["stated"]["rounds"][1]


def choose_other(file: Any) -> None:
    file["stated"]["chosen"] = ["01"] if file["stated"].get("chosen") == ["00"] else ["00"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (leave_share_out, "record_missing"),
        (forget_contest, "wrong_contest"),
        (forget_round, "wrong_rounds"),
        (choose_other, "wrong_choice"),
    ],
)
def test_dc_18_tampering_with_a_tie_is_named_by_its_own_rule(change: Callable[[Any], None], rule: str) -> None:
    file = json.loads(drawn())
    change(file)

    assert [fault.rule.key for fault in verify(json.dumps(file).encode()).faults] == [rule]


def test_dc_18_a_lot_with_a_share_left_out_is_named() -> None:
    """The file as it stood before the contest window closed: the lot is drawn, and nobody has contested it."""
    whole = msgspec.json.decode(drawn(), type=Bundle)
    earlier = msgspec.structs.replace(whole, through=whole.through - 1)
    told = Recount(earlier, open_each).stated()
    assert told.drawing is not None
    assert told.drawing.opened == (1,)
    assert told.drawing.by_one_pod
    forged = draw(earlier.poll, "00" * 32, ("00", "01"), {}, {})

    def found(stated: Stated) -> list[str]:
        file = msgspec.json.encode(msgspec.structs.replace(earlier, stated=stated))
        return [fault.rule.key for fault in verify(file).faults]

    assert found(told) == []
    left_out = msgspec.structs.replace(told.drawing, opened=(), unopened=(1,))
    assert found(msgspec.structs.replace(told, drawing=left_out)) == ["wrong_lot"]
    assert found(msgspec.structs.replace(told, drawing=forged))[0] == "wrong_lot"


def test_what_is_no_file_is_refused_in_words() -> None:
    other = honest().replace(b"althing-result-2", b"something-else-2")
    file = json.loads(honest())
    odd = [json.dumps({**file, **change}).encode() for change in ({"peaks": "zz"}, {"peaks": "00"}, {"start": -1})]
    for data in (b"", b"{}", b"[1]", b"\xff", honest()[:-10], other, *odd):
        (fault,) = verify(data).faults
        assert fault.rule.key == "not_a_bundle"
