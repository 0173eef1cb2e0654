"""`pod doctor`: whether everything that the pod stands on is as it must be."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from pod.cli.options import as_json, data_option, json_option
from pod.doctor.examining import examine
from pod.doctor.findings import Level

COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@click.command()
@data_option
@json_option
def doctor(data: Path, *, json: bool) -> None:
    """Look at everything; exits with 1 if something must be mended."""
    findings = asyncio.run(examine(data))
    if json:
        click.echo(as_json(findings))
    else:
        for finding in findings:
            click.echo(
                f"{click.style(f'{finding.level:4}', fg=COLOURS[finding.level])}  {finding.check}: {finding.says}"
            )
            if finding.mend:
                click.echo(f"      {finding.mend}")
    if any(finding.level is Level.FAIL for finding in findings):
        raise SystemExit(1)


COMMANDS = (doctor,)
