"""What every command takes: the data folder with its configuration, and whether a machine asks."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from pod.config import Config, ConfigError, load_config

data_option = click.option("--data", type=click.Path(path_type=Path), default=Path("data"), help="The data folder.")

json_option = click.option("--json", is_flag=True, help="For machines.")


def as_json(value: object) -> str:
    """What `--json` prints."""
    return msgspec.json.encode(value).decode()


def configuration(data: Path) -> Config:
    """The configuration in a data folder."""
    try:
        return load_config(data / "pod.toml")
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
