"""`pod backup` and `pod restore`: all that a pod is in one file, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from migrations import from_nothing
from pod.actions.handover.renew_key import retire_seats
from pod.backups.archive import BackupError, Manifest, read_manifest
from pod.backups.backup import FOLDER, default_target, make_backup
from pod.backups.folder import list_backups
from pod.backups.restore import restore_backup, verify_backup
from pod.cli.base import run_action
from pod.cli.database import bring_up_to_date
from pod.cli.options import as_json, configuration, data_option, json_option
from pod.cli.progress import progress
from pod.clock import Clock, elapsed_ms, steady_ns
from pod.keyring import renew_pod_key

file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def backup() -> None:
    """Backups of this pod, each one file with database, keys, configuration and media."""


@backup.command(name="create")
@data_option
@json_option
@click.option("--to", type=click.Path(path_type=Path), help="The file; by default in backups/ of the data folder.")
def create(data: Path, to: Path | None, *, json: bool) -> None:
    """Make one, also while the pod serves. It holds the keys: a person who has the file can speak for the pod."""
    config, began = configuration(data), steady_ns()
    now = Clock(config.clock_file)()
    target = to or default_target(config, now=now)
    with _refusals(), progress() as told:
        manifest = make_backup(config, data / "pod.toml", target, told, now=now)
    _tell(target, manifest, began, json=json)


@backup.command(name="verify")
@json_option
@file_argument
def verify(file: Path, *, json: bool) -> None:
    """Unpack a backup, hold every file against its hash, open the database and the keys; exits with 1 on a fault."""
    began = steady_ns()
    with _refusals(), progress() as told:
        manifest = verify_backup(file, told)
    _tell(file, manifest, began, json=json)


def _tell(file: Path, manifest: Manifest, began: int, *, json: bool) -> None:
    if json:
        click.echo(as_json({"file": str(file), "bytes": file.stat().st_size, "manifest": manifest}))
        return
    counts = ", ".join(f"{count} {name}" for name, count in manifest.counts.items())
    click.echo(f"{file}: whole, {file.stat().st_size:,} bytes, {elapsed_ms(began) / 1000:.1f} s")
    click.echo(f"{manifest.base_url} of {_time(manifest)}, schema {manifest.schema}: {counts}")


@backup.command(name="list")
@data_option
@json_option
def list_command(data: Path, *, json: bool) -> None:
    """The backups in backups/ of the data folder, the latest first."""
    found = list_backups(configuration(data).data / FOLDER)
    if json:
        click.echo(as_json(found))
        return
    for one in found:
        said = f"{_time(one.manifest)}  schema {one.manifest.schema}" if one.manifest else one.fault
        click.echo(f"{one.bytes:>14,}  {said}  {one.file}")
    if not found:
        click.echo("There are none yet: `pod backup create` makes one.")


@click.command()
@data_option
@click.option(
    "--moved",
    is_flag=True,
    help="The pod was stopped before this backup was made, and never ran since: it keeps its key.",
)
@file_argument
def restore(data: Path, file: Path, *, moved: bool) -> None:
    """Bring a backup back into an empty data folder, bring it up to date, and draw a new pod key."""
    with _refusals(), progress() as told:
        _refuse_newer(read_manifest(file))
        restore_backup(file, data, told)
    config = configuration(data)
    asyncio.run(bring_up_to_date(config, data / "pod.toml", backed_up=True))
    if not moved:
        # What was signed after the backup isn't known here, so by the former key nothing is signed any more.
        renew_pod_key(config.key_file)
        run_action(config, retire_seats)
        click.echo("The pod has a new key: once it serves, its members move to it, and keepers name it by a handover.")
    click.echo(f"Restored into {data}. Next: pod doctor --data {data}, then pod serve --data {data}")


def _refuse_newer(manifest: Manifest) -> None:
    known = {step.revision for step in from_nothing().steps}
    if manifest.schema not in known:
        raise BackupError(f"The backup is of a newer version (schema {manifest.schema}). Install that one first.")


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise click.ClickException(str(error)) from error


def _time(manifest: Manifest) -> str:
    return datetime.fromtimestamp(manifest.made_at / 1000, UTC).isoformat(timespec="seconds")


COMMANDS = (backup, restore)
