"""What every command takes: the data folder with its configuration, and whether a machine asks."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from pod.config import Config, ConfigError, load_config
from protocol.errors import MalformedError
from protocol.ids import RecordId, parse_id

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


class IdType(click.ParamType[RecordId]):
    """The id of a group, poll or other record, by the `name` that help calls it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> RecordId:
        """Parse it, or say what an id looks like."""
        try:
            return parse_id(value)
        except MalformedError as error:
            self.fail(str(error), param, ctx)
