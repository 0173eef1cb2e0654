"""`pod config` says whether pod.toml can be used, which values hold and where they come from; it shows no secret."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import click
import msgspec

from pod.cli.options import as_json, configuration, data_option, json_option
from pod.config import SECRETS, Config, read_config

HIDDEN = "…"


@click.group()
def config() -> None:
    """The configuration of a data folder."""


@config.command(name="check")
@data_option
def check(data: Path) -> None:
    """Read pod.toml and the environment; every reason why they can't be used, or that they can."""
    configuration(data)
    click.echo(f"{data / 'pod.toml'} can be used.")


@config.command(name="show")
@data_option
@json_option
def show(data: Path, *, json: bool) -> None:
    """Print every key with the value that holds, and who said it: default, file or env (POD_SECTION_KEY)."""
    configuration(data)
    loaded = read_config(data / "pod.toml", os.environ)
    values = effective_values(loaded.config)
    origins = loaded.origins
    if json:
        click.echo(
            as_json(
                {
                    section: {key: {"value": value, "origin": origins[section, key]} for key, value in members.items()}
                    for section, members in values.items()
                }
            )
        )
        return
    for section, members in values.items():
        click.echo(f"[{section}]")
        for key, value in members.items():
            # JSON's strings, numbers and lists are written alike in TOML.
            click.echo(f"{f'{key} = {as_json(value)}':50} # {origins[section, key]}")
        click.echo()


def effective_values(config: Config) -> dict[str, dict[str, Any]]:
    """All sections with the values that hold: what empty storage keys stand for is filled in, secrets are covered."""
    values: dict[str, dict[str, Any]] = msgspec.to_builtins(config)
    values["storage"] |= {"database": shown_database(config), "key_file": str(config.key_file)}
    for section, key in SECRETS:
        values[section][key] = HIDDEN if values[section][key] else ""
    return values


def shown_database(config: Config) -> str:
    """The database's URL; a password in it, which belongs into a file of PostgreSQL's own, isn't shown."""
    scheme, _, rest = config.database_url.partition("://")
    login, at, address = rest.rpartition("@")
    name, colon, _ = login.partition(":")
    address = re.sub(r"(?i)(passw[^=&]*=)[^&]*", rf"\1{HIDDEN}", address)
    return f"{scheme}://{name}{f':{HIDDEN}' if colon else ''}{at}{address}"


COMMANDS = (config,)
