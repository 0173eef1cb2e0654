"""The database of a pod: brought up to date, its projections folded anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from migrations import upgrade
from models.engines import open_database
from pod.actions.rebuilding import rebuild_projections
from pod.cli.base import run_action
from pod.cli.options import configuration, data_option


@click.command()
@data_option
def migrate(data: Path) -> None:
    """Bring the database up to date."""
    asyncio.run(_upgrade(configuration(data).database_url))
    click.echo("The database is up to date.")


async def _upgrade(url: str) -> None:
    database = await open_database(url)
    try:
        await upgrade(database)
    finally:
        await database.close()


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
