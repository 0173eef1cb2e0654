"""`pod verify-result`: count a poll anew from its file; no server, no database, no network."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Final

import click
from msgspec.structs import replace

from decisions.bundle.recount import Open
from decisions.bundle.verify import FileVerdict, open_each, verify
from decisions.count import Result
from pod.cli.options import as_json, json_option
from protocol.errors import Refused
from protocol.records.envelope import CHAIN_TYPES, Record

PARTS: Final = 8  # for each process, so that all of them end at about the same time
FEWEST_FOR_ALL: Final = 1000  # below this, starting processes takes longer than opening the records


@click.command("verify-result")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--jobs", type=click.IntRange(1, 64), default=1, help="How many processes check signatures.")
@json_option
def verify_result(file: Path, jobs: int, *, json: bool) -> None:
    """Check a result's FILE: every signature, the roll, every way and every sum."""
    with _no_search_for_cycles(), opener(jobs) as open_all:
        verdict = verify(file.read_bytes(), open_all)
    if json:
        faults = [{"rule": one.rule.key, "facts": one.facts, "detail": one.detail} for one in verdict.faults]
        right = {"rounds": verdict.rounds, "chosen": verdict.chosen, "final": verdict.final, "unread": verdict.unread}
        click.echo(as_json({**right, "faults": faults}))
    else:
        _tell(verdict)
    sys.exit(1 if verdict.faults else 0)


@contextmanager
def opener(jobs: int) -> Iterator[Open]:
    """What opens many records, in so many processes; they begin at once, and this one goes on meanwhile."""
    if jobs == 1:
        yield open_each
        return
    with ProcessPoolExecutor(jobs) as processes:

        def open_all(wires: Sequence[bytes]) -> Iterable[Record | Refused]:
            if len(wires) < FEWEST_FOR_ALL:
                return open_each(wires)
            size = -(-len(wires) // (PARTS * jobs))
            parts = [wires[start : start + size] for start in range(0, len(wires), size)]
            return chain.from_iterable(processes.map(_open_part, parts))

        yield open_all


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """A file's records make no cycles, and walking over all of them again and again takes as long as counting them."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _open_part(wires: Sequence[bytes]) -> list[Record | Refused]:
    """Open records for another process, to which only what a count looks at is sent."""
    gc.disable()  # a part is small, and walking over it again and again costs a tenth of the time
    return [_lean(one) if isinstance(one, Record) else one for one in open_each(wires)]


def _lean(record: Record) -> Record:
    """Without the bytes and the body, which only items need, where proofs of one may be joined."""
    return record if record.type in CHAIN_TYPES else replace(record, body={}, wire=b"")


def _tell(verdict: FileVerdict) -> None:
    for fault in verdict.faults:
        click.echo(f"{fault.rule.key}: {fault.detail}")
    if verdict.faults:
        click.echo("The file doesn't prove what it states.")
        return
    for result in verdict.rounds:
        click.echo(f"Round {result.round}:")
        for line in _lines(result):
            click.echo(line)
    chosen = "not known yet" if verdict.chosen is None else ", ".join(verdict.chosen) or "nothing"
    click.echo(f"Decided: {chosen}; {'final' if verdict.final else 'not final yet'}.")
    if verdict.unread:
        click.echo(f"{verdict.unread} entries of the log are without words: erased by their authors, or withheld.")
    if verdict.confirmed_by == 1:
        click.echo("The log was confirmed by one pod only.")
    click.echo("The result is right.")


def _lines(result: Result) -> list[str]:
    took_part = f"{result.counted} of {result.roll} on the roll are counted, {result.blank} of them blank"
    lines = [took_part + ("." if result.quorum_met else "; the quorum isn't met.")]
    lines += [f"  {one.id}: {one.support.total}" for one in result.options]
    return [*lines, f"Most: {', '.join(result.winners) or 'none'}."]


COMMANDS: Final = (verify_result,)
