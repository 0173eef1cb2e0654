"""`pod init` makes folder, configuration and keys; for a domain the database, a set-up link and snippets, too."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click
import idna

from pod.cli.options import configuration, data_option
from pod.config import Config, is_local
from pod.keyring import create_key_file

FOLDER = "deploy"
CONFIG = """\
# One pod. `pod config show` lists every key, and who said what holds; `pod config check` finds mistakes.
[server]
# How others reach this pod. It names the pod in every group for good.
base_url = {base_url}
# Where it listens; a proxy before it brings https.
listen = {listen}
port = {port}

[mail]
# The server for sign-in codes and notices, e.g. "smtp.example.org"; then try `pod mail test ADDRESS`.
host = ""
user = ""
password_file = ""

[storage]
# Where database, keys and files lie. Empty: where this file lies.
data = ""
"""


@click.command()
@data_option
@click.argument("domain", default="")
@click.option("--port", default=8080, show_default=True)
@click.option(
    "--base-url", default="", help="How others reach the pod; default https://DOMAIN or http://localhost:PORT."
)
@click.option("--listen", default="127.0.0.1", show_default=True)
def init(data: Path, domain: str, port: int, base_url: str, listen: str) -> None:
    """Make a pod for DOMAIN, e.g. pod.example.org; without DOMAIN only folder, configuration and keys."""
    target = data / "pod.toml"
    if target.exists():
        raise click.ClickException(f"{target} is there already; nothing was changed.")
    domain = _named(domain)
    url = base_url or _url(domain, port)
    config = _write(data, CONFIG.format(base_url=json.dumps(url), listen=json.dumps(listen), port=port))
    config.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not config.key_file.exists():
        create_key_file(config.key_file)
    if domain:
        _begin(config, data, domain)
    else:
        click.echo(f"Wrote {target} and a key file. Next: pod migrate{_option(data)} && pod serve{_option(data)}")


def _named(domain: str) -> str:
    """The domain as others write it, in small ASCII letters; raises BadParameter if it is none."""
    if not domain or is_local(domain):
        return domain
    try:
        return idna.encode(domain.rstrip("."), uts46=True).decode()
    except idna.IDNAError as error:
        raise click.BadParameter(f"{domain!r} isn't a domain: give its name alone, e.g. pod.example.org.") from error


def _url(domain: str, port: int) -> str:
    """A domain is reached by https, this machine by http."""
    if not domain or is_local(domain):
        return f"http://{domain or 'localhost'}:{port}"
    return f"https://{domain}"


def _write(data: Path, text: str) -> Config:
    """Write the configuration, which may come to hold a password; one that can't be used isn't left behind."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = data / "pod.toml"
    target.touch(mode=0o600)
    target.write_text(text, encoding="utf-8")
    try:
        return configuration(data)
    except click.ClickException:
        target.unlink()
        raise


def _begin(config: Config, data: Path, domain: str) -> None:
    # All of this takes a second to import, which a pod on this machine needn't wait for.
    from pod.actions.accounts.first_admin import make_setup_link, setup_url  # noqa: PLC0415
    from pod.cli.base import run_action  # noqa: PLC0415
    from pod.cli.database import bring_up_to_date  # noqa: PLC0415
    from pod.cli.snippets import CADDY, NGINX, SYSTEMD, snippets, this_site  # noqa: PLC0415

    asyncio.run(bring_up_to_date(config, data / "pod.toml", backed_up=True, quiet=True))
    link = setup_url(config.base_url, run_action(config, make_setup_link))
    texts = snippets(this_site(domain, config.server.listen, config.server.port, data))
    (data / FOLDER).mkdir(exist_ok=True)
    for name, text in texts.items():
        (data / FOLDER / name).write_text(text, encoding="utf-8")
        if not is_local(domain):
            click.echo(f"{text}\n")
    click.echo(f"Wrote {data / 'pod.toml'}, keys and database, and into {data / FOLDER}: {', '.join(texts)}.\n")
    click.echo(f"1. pod serve{_option(data)}          (for good: {SYSTEMD})")
    click.echo(
        "2. No proxy is needed on this machine." if is_local(domain) else f"2. A proxy before it: {CADDY} or {NGINX}."
    )
    click.echo(f"3. Within an hour, once, in a browser: {link}")
    click.echo(f"   Later: pod setup-link{_option(data)} prints another.")


def _option(data: Path) -> str:
    return "" if data == Path("data") else f" --data {data}"


@click.command(name="setup-link")
@data_option
def setup_link(data: Path) -> None:
    """Print a fresh link to the set-up page; it works once, and for an hour."""
    from pod.actions.accounts.first_admin import make_setup_link, setup_url  # noqa: PLC0415
    from pod.cli.base import run_action  # noqa: PLC0415
    from pod.cli.database import refuse_unless_current  # noqa: PLC0415

    config = configuration(data)
    refuse_unless_current(config)
    click.echo(setup_url(config.base_url, run_action(config, make_setup_link)))


COMMANDS = (init, setup_link)
