"""A whole count by its definition (decisions §1, §2.5), from records to the result, for a handful of voters.

Nothing is kept from one question to the next: each voter's ballot, list and way are looked up among all records, and
of the ways every one there is. It shares no line with what it judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any

YEAR_MS = 365 * 24 * 3_600_000


@dataclass(frozen=True)
class Said:
    """A record of the log: `what` is ballot, delegate or delegation; `says` its content as plain values."""

    index: int
    id: str
    author: int
    key: int
    counter: int
    what: str
    says: Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """A poll, its roll (votes by member), and the sizes of the log at the lock and at the end.

    `able`: who may delegate, and who may be a delegate. `fresh`: the first index that was sealed within the year
    before the end.
    """

    id: str
    kind: str
    options: Sequence[str]
    times: Mapping[str, tuple[int, int]]
    areas: Sequence[str]
    parents: Mapping[str, str]
    roll: Mapping[int, int]
    lock: int
    end: int
    ends_at: int
    fresh: int
    percent: int | None
    number: int | None
    able: Mapping[str, frozenset[int]]
    quarantined: frozenset[tuple[int, int]] = field(default=frozenset())


def fits(asked: Asked, says: Mapping[str, Any]) -> bool:
    """Whether a ballot is one of this poll."""
    if says.get("blank") or says.get("withdraw"):
        return True
    form = {"score": "scores", "ranking": "ranking", "approval": "approvals", "date": "approvals"}.get(asked.kind)
    if form is None:
        return says.get("choice") in ("yes", "no")
    named = list(says.get(form) or ())
    return form in says and set(named) <= set(asked.options) and len(named) == len(set(named))


def newest(asked: Asked, log: Sequence[Said], size: int, author: int, what: str, scope: str = "") -> Said | None:
    """What holds in a prefix of the log: the one with the highest key, counter and id."""
    found = [
        one
        for one in log
        if one.index < size
        and (one.author, one.what) == (author, what)
        and (one.author, one.key) not in asked.quarantined
        and (what != "ballot" or fits(asked, one.says))
        and (what != "delegate" or not one.says["declared"] or author in asked.able["be_delegate"])
        and (what != "delegation" or (one.says["scope"] == scope))
        and (what != "delegation" or not one.says["delegates"] or author in asked.able["delegate"])
    ]
    return max(found, key=lambda one: (one.key, one.counter, one.id), default=None)


def is_delegate(asked: Asked, log: Sequence[Said], member: int) -> bool:
    held = newest(asked, log, asked.lock, member, "delegate")
    return held is not None and bool(held.says["declared"])


def prefix(asked: Asked, log: Sequence[Said], member: int) -> int:
    """Up to where what this member says is heard."""
    return asked.lock if is_delegate(asked, log, member) else asked.end


def ballot(asked: Asked, log: Sequence[Said], member: int) -> Mapping[str, Any] | None:
    held = newest(asked, log, prefix(asked, log, member), member, "ballot")
    return None if held is None or held.says.get("withdraw") else held.says


def scopes(asked: Asked) -> Iterator[str]:
    """Nearest first."""
    yield f"poll:{asked.id}"
    level, passed = list(asked.areas), set[str]()
    while level:
        for area in level:
            if area not in passed:
                yield f"area:{area}"
        passed |= set(level)
        level = [asked.parents[area] for area in level if area in asked.parents]
    yield "group"


def listed(asked: Asked, log: Sequence[Said], member: int) -> Sequence[int]:
    """The list that this member's vote follows."""
    for scope in scopes(asked):
        held = newest(asked, log, prefix(asked, log, member), member, "delegation", scope)
        expires = None if held is None else held.says["expires"]
        if held is not None and held.index >= asked.fresh and (expires is None or expires > asked.ends_at):
            return list(held.says["delegates"])
    return ()


Way = tuple[int, int, tuple[int, ...]]


def ways(asked: Asked, log: Sequence[Said], member: int, passed: tuple[int, ...] = ()) -> Iterator[Way]:
    """Every way to somebody who voted that passes nobody twice: fallback steps, hops, members passed."""
    if ballot(asked, log, member) is not None:
        yield 0, 0, (member,)
        return
    row = listed(asked, log, member)
    for rank, delegate in enumerate(row):
        dead = delegate in row[:rank] or delegate not in asked.roll or not is_delegate(asked, log, delegate)
        if dead or delegate in (*passed, member):
            continue
        for fallbacks, hops, way in ways(asked, log, delegate, (*passed, member)):
            yield fallbacks + rank, hops + 1, (member, *way)


def root(asked: Asked, log: Sequence[Said], member: int) -> int | None:
    """Whose ballot carries this member's vote: at each stop the first choice among those on a cheapest way."""
    while ballot(asked, log, member) is None:
        found = sorted(ways(asked, log, member))
        if not found:
            return None
        cheapest = {way[1] for fallbacks, hops, way in found if (fallbacks, hops) == found[0][:2]}
        member = next(delegate for delegate in listed(asked, log, member) if delegate in cheapest)
    return member


def count(asked: Asked, log: Sequence[Said]) -> dict[str, Any]:
    """What came of it: voices, sums by option, winners."""
    roots = {member: root(asked, log, member) for member in asked.roll}
    cast = {member: said for member in asked.roll if (said := ballot(asked, log, member)) is not None}
    every = [(asked.roll[member], cast[end]) for member, end in roots.items() if end is not None]
    counted = sum(votes for votes, _ in every)
    lost = {member for member, end in roots.items() if end is None}
    silent = {member for member in lost if not listed(asked, log, member)}
    met = counted > 0 and (
        (asked.percent is None and asked.number is None)
        or (asked.percent is not None and counted * 100 >= asked.percent * sum(asked.roll.values()))
        or (asked.number is not None and counted >= asked.number)
    )
    sums = {option: _sum(asked, every, option) for option in asked.options}
    return {
        "roll": sum(asked.roll.values()),
        "counted": counted,
        "direct": sum(asked.roll[member] for member in cast),
        "blank": sum(votes for votes, said in every if said.get("blank")),
        "silent": sum(asked.roll[member] for member in silent),
        "stranded": sum(asked.roll[member] for member in lost - silent),
        "quorum_met": met,
        "sums": sums,
        "means": {option: _mean(every, option) for option in asked.options} if asked.kind == "score" else {},
        "winners": _winners(asked, every, sums) if met else [],
        "roots": roots,
    }


def _sum(asked: Asked, every: Sequence[tuple[int, Mapping[str, Any]]], option: str) -> int:
    match asked.kind:
        case "score":
            return sum(votes * said.get("scores", {}).get(option, 0) for votes, said in every)
        case "for-against":
            return sum(votes for votes, said in every if said.get("choice") == option)
        case "ranking":
            return sum(votes for votes, said in every if option in said.get("ranking", ()))
        case _:
            return sum(votes for votes, said in every if option in said.get("approvals", ()))


def _mean(every: Sequence[tuple[int, Mapping[str, Any]]], option: str) -> Fraction | None:
    given = [(votes, said["scores"][option]) for votes, said in every if option in said.get("scores", {})]
    return Fraction(sum(votes * score for votes, score in given), sum(votes for votes, _ in given)) if given else None


def _winners(asked: Asked, every: Sequence[tuple[int, Mapping[str, Any]]], sums: Mapping[str, int]) -> Sequence[str]:
    if asked.kind == "for-against":
        return ["yes"] if sums["yes"] > sums["no"] else []
    if asked.kind == "ranking":
        return _unbeaten(asked, every)
    best = [option for option in asked.options if sums[option] == max(sums.values()) and sums[option] > 0]
    return sorted(best, key=lambda option: (*asked.times[option], option))[:1] if asked.kind == "date" else best


def _unbeaten(asked: Asked, every: Sequence[tuple[int, Mapping[str, Any]]]) -> Sequence[str]:
    """Schulze with winning votes, every path tried; nobody where nobody ranked anything."""

    def before(a: str, b: str) -> int:
        ranks = [(votes, list(said.get("ranking", ()))) for votes, said in every]
        return sum(votes for votes, row in ranks if a in row and (b not in row or row.index(a) < row.index(b)))

    def strength(a: str, b: str) -> int:
        others = [option for option in asked.options if option not in (a, b)]
        stops = [(a, *way, b) for length in range(len(others) + 1) for way in permutations(others, length)]
        links = [[(before(x, y), before(y, x)) for x, y in pairwise(way)] for way in stops]
        return max((min(won for won, _ in way) for way in links if all(won > lost for won, lost in way)), default=0)

    if not any(said.get("ranking") for _, said in every):
        return []
    rivals = {a: [b for b in asked.options if b != a] for a in asked.options}
    return [a for a in asked.options if all(strength(a, b) >= strength(b, a) for b in rivals[a])]
