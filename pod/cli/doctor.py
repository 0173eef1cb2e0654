"""`pod doctor` checks everything that a pod needs, and mends some of what is wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from pod.cli.options import as_json, configuration, data_option, json_option
from pod.doctor.examination import examine
from pod.doctor.findings import Finding, Level
from pod.doctor.repairs import mend

COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
CODES = {Level.OK: 0, Level.WARN: 1, Level.FAIL: 2}


@click.command()
@data_option
@json_option
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, then look again.")
def doctor(data: Path, *, json: bool, fix: bool) -> None:
    """Look at everything; exits with 0 if all is well, 1 if something could be better, 2 if something is broken."""
    findings = asyncio.run(examine(data))
    if fix and (treated := _treated(data, findings)):
        click.echo(f"Treated: {', '.join(treated)}.", err=True)
        findings = asyncio.run(examine(data))
    if json:
        click.echo(as_json(findings))
    else:
        for finding in findings:
            _tell(finding)
    raise SystemExit(max(CODES[finding.level] for finding in findings))


def _treated(data: Path, findings: list[Finding]) -> list[str]:
    if any(finding.check == "configuration" and finding.level is Level.FAIL for finding in findings):
        return []
    return asyncio.run(mend(configuration(data), findings))


def _tell(finding: Finding) -> None:
    level = click.style(f"{finding.level:4}", fg=COLOURS[finding.level])
    mend = f". {finding.mend}" if finding.mend else ""
    click.echo(f"{level}  {finding.check}: {finding.says}{mend}")


COMMANDS = (doctor,)
