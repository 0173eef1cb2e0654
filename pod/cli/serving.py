"""The server itself: it starts on tables of its own version only."""

from __future__ import annotations

from pathlib import Path

import click

from pod.app import serve
from pod.cli.options import configuration, data_option
from pod.cli.storing import refuse_unless_current


@click.command(name="serve")
@data_option
@click.option("--port", default=None, type=int, help="Must be that of the configuration when given.")
def serve_command(data: Path, port: int | None) -> None:
    """Serve until Ctrl-C."""
    config = configuration(data)
    if port is not None and port != config.server.port:
        raise click.ClickException(f"pod.toml says port {config.server.port}; change it there.")
    refuse_unless_current(config)
    click.echo(f"Serving {config.base_url}")
    serve(config)


COMMANDS = (serve_command,)
