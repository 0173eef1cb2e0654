"""`pod verify-result`: count a poll anew from its file; no server, no database, no network."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import click
from msgspec.structs import replace

from decisions.bundle.verify import FileVerdict, open_each, verify
from decisions.count import Result
from pod.cli.options import as_json, json_option
from protocol.errors import Refused
from protocol.records.envelope import CHAIN_TYPES, Record

FEWEST_FOR_ALL: Final = 1000  # below this, starting processes takes longer than opening the records


@click.command("verify-result")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--jobs", type=click.IntRange(1, 64), default=1, help="How many processes check signatures.")
@json_option
def verify_result(file: Path, jobs: int, *, json: bool) -> None:
    """Check a result's FILE: every signature, the roll, every way and every sum."""
    verdict = verify(file.read_bytes(), partial(open_side_by_side, jobs=jobs))
    if json:
        faults = [{"rule": one.rule.key, "facts": one.facts, "detail": one.detail} for one in verdict.faults]
        right = {"rounds": verdict.rounds, "chosen": verdict.chosen, "final": verdict.final, "unread": verdict.unread}
        click.echo(as_json({**right, "faults": faults}))
    else:
        _tell(verdict)
    sys.exit(1 if verdict.faults else 0)


def open_side_by_side(wires: Sequence[bytes], jobs: int) -> Sequence[Record | Refused]:
    """Open many records in several processes."""
    if jobs == 1 or len(wires) < FEWEST_FOR_ALL:
        return open_each(wires)
    size = -(-len(wires) // (4 * jobs))
    parts = [wires[start : start + size] for start in range(0, len(wires), size)]
    with ProcessPoolExecutor(jobs) as processes:
        return [one for opened in processes.map(_open_part, parts) for one in opened]


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
