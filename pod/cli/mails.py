"""`pod mail test` sends a mail and prints the mail server's answer word for word."""

from __future__ import annotations

from pathlib import Path

import click

from pod.actions.admin.test_mail import Tried, try_mail
from pod.cli.base import run_action
from pod.cli.database import refuse_unless_current
from pod.cli.options import configuration, data_option
from pod.deps import Deps


@click.group(name="mail")
def mail_commands() -> None:
    """The mails that this pod sends."""


@mail_commands.command(name="test")
@data_option
@click.argument("address")
def test(data: Path, address: str) -> None:
    """Send a mail to ADDRESS, and show what the mail server says."""
    config = configuration(data)
    refuse_unless_current(config)

    async def act(deps: Deps) -> Tried:
        return await try_mail(deps, address)

    tried = run_action(config, act)
    if not tried.ok:
        raise click.ClickException(f"The mail wasn't sent. The mail server's word:\n{tried.answer}")
    click.echo(tried.answer)
    if config.mail.host:
        click.echo("Taken. If it doesn't arrive, look for SPF, DKIM and DMARC of the sender's domain.")


COMMANDS = (mail_commands,)
