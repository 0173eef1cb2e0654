"""A pod begins: folder, configuration and keys. Imports next to nothing, so it answers at once."""

from __future__ import annotations

from pathlib import Path

import click

from pod.cli.options import configuration, data_option
from pod.keyring import create_key_file

CONFIG = """\
# The configuration of one pod. Every key is explained in pod.toml.example.
[server]
base_url = "{base_url}"
listen = "{listen}"
port = {port}

[storage]
data = "{data}"
"""


@click.command()
@data_option
@click.option("--port", default=8080, show_default=True)
@click.option("--base-url", default="", help="How others reach the pod; default http://localhost:PORT.")
@click.option("--listen", default="127.0.0.1", show_default=True)
def init(data: Path, port: int, base_url: str, listen: str) -> None:
    """Make a data folder with configuration and keys."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = data / "pod.toml"
    if target.exists():
        raise click.ClickException(f"{target} is there already; nothing was changed.")
    folder = data.absolute()
    text = CONFIG.format(base_url=base_url or f"http://localhost:{port}", listen=listen, port=port, data=folder)
    target.write_text(text, encoding="utf-8")
    config = configuration(data)
    config.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_key_file(config.key_file)
    click.echo(f"Wrote {target} and a key file. Next: pod migrate --data {data} && pod serve --data {data}")


COMMANDS = (init,)
