"""Commands that bring the database up to date, all of it or not at all, and fold the projections anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from migrations import SchemaStanding, SchemaStep, from_nothing, standing, upgrade
from models.engine.databases import Database, open_database
from pod.actions.chain.rebuild_projections import rebuild_projections
from pod.backups.archive import BackupError
from pod.backups.backup import FOLDER, make_backup, sqlite_file
from pod.cli.base import run_action
from pod.cli.options import configuration, data_option
from pod.cli.progress import progress
from pod.clock import Clock, elapsed_ms, steady_ns
from pod.config import Config
from pod.doctor.examination import is_served


@click.command()
@data_option
@click.option("--plan", is_flag=True, help="Only say what would be done.")
@click.option("--no-backup", is_flag=True, help="Make no backup first.")
def migrate(data: Path, *, plan: bool, no_backup: bool) -> None:
    """Bring the database up to date: a backup first, then all steps or none. The pod must not be serving."""
    config = configuration(data)
    if plan:
        _show_plan(asyncio.run(standing_of(config)))
        return
    now = asyncio.run(standing_of(config))
    # A program that holds the port doesn't serve a database that isn't there yet.
    if now.version and not now.is_current and asyncio.run(is_served(config)):
        raise click.ClickException("The pod is serving: stop it first.")
    asyncio.run(bring_up_to_date(config, data / "pod.toml", backed_up=no_backup))


async def bring_up_to_date(config: Config, config_file: Path, *, backed_up: bool, quiet: bool = False) -> None:
    """Do the steps that are to be done, telling of each; raises ClickException when one fails, with nothing changed."""
    now = await standing_of(config)
    _refuse_newer(now)
    if now.is_current:
        click.echo("The database is up to date.")
        return
    tell = _nothing if quiet else click.echo
    # A database that is only now made has no steps to tell of.
    tell_steps = _nothing if now.version is None else tell
    kept = "" if backed_up or now.version is None else _back_up(config, config_file, now)
    database = await open_database(config.database_url)
    try:
        await _step_by_step(database, now, kept, tell_steps)
    finally:
        await database.close()
    tell("The database is up to date.")


def _nothing(_: str) -> None:
    """Nobody asked."""


async def _step_by_step(database: Database, now: SchemaStanding, kept: str, tell: Callable[[str], None]) -> None:
    begun, through = steady_ns(), 0

    def done(step: SchemaStep) -> None:
        nonlocal begun, through
        through += 1
        tell(f"{through}/{len(now.steps)}  {step.revision}  {elapsed_ms(begun) / 1000:6.2f} s  {step.says}")
        begun = steady_ns()

    try:
        await upgrade(database, done=done)
    except Exception as error:
        failed = now.steps[min(through, len(now.steps) - 1)]
        raise click.ClickException(
            f"Step {through + 1}/{len(now.steps)}, {failed.revision}, failed: {error}\n"
            f"Nothing was changed: the database is as it was, at {now.version or 'its beginning'}.{kept}\n"
            "The pod doesn't serve until `pod migrate` succeeds; it may be run again."
        ) from error


def _back_up(config: Config, config_file: Path, now: SchemaStanding) -> str:
    made = Clock(config.clock_file)()
    target = config.data / FOLDER / f"before-{now.newest}-{made}.tar"
    try:
        sqlite_file(config)
    except BackupError as error:
        click.echo(f"No backup was made. {error}", err=True)
        return ""
    try:
        with progress() as told:
            make_backup(config, config_file, target, told, now=made, media=False)
    except BackupError as error:
        raise click.ClickException(f"{error} Nothing was changed.") from error
    click.echo(f"Backup: {target}")
    return f" A backup is {target}."


async def standing_of(config: Config) -> SchemaStanding:
    """Where the database is; one that isn't there yet isn't made."""
    if config.database_url.startswith("sqlite") and not sqlite_file(config).exists():
        return from_nothing()
    database = await open_database(config.database_url)
    try:
        return await standing(database)
    finally:
        await database.close()


def refuse_unless_current(config: Config) -> None:
    """Raise ClickException if the tables aren't those that this version works on."""
    now = asyncio.run(standing_of(config))
    _refuse_newer(now)
    if not now.is_current:
        at = f"at {now.version}" if now.version else "not made yet"
        raise click.ClickException(f"The database is {at}, this version needs {now.newest}: run `pod migrate` first.")


def _refuse_newer(now: SchemaStanding) -> None:
    if not now.known:
        raise click.ClickException(
            f"A newer version made the database ({now.version}; this one knows up to {now.newest}): install that one."
        )


def _show_plan(now: SchemaStanding) -> None:
    _refuse_newer(now)
    for number, step in enumerate(now.steps, 1):
        click.echo(f"{number}/{len(now.steps)}  {step.revision}  {step.says}")
    click.echo("Nothing was changed." if now.steps else "The database is up to date.")


@click.command()
@data_option
@click.option("--check", is_flag=True, help="Fail if a table was different from what it promises.")
def rebuild(data: Path, *, check: bool) -> None:
    """Fold all projections anew from the records."""
    differed = run_action(configuration(data), rebuild_projections)
    click.echo(f"Different before: {', '.join(differed)}" if differed else "Every projection was what it promises.")
    if check and differed:
        raise SystemExit(1)


COMMANDS = (migrate, rebuild)
