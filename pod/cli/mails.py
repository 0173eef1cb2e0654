"""`pod mail test`: whether the mail server takes a mail, and what it says, word for word."""

from __future__ import annotations

from pathlib import Path

import click

from pod.cli.base import run_action
from pod.cli.options import configuration, data_option
from pod.cli.storing import refuse_unless_current
from pod.deps import Deps
from pod.mail import Mail, MailError, Sent


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

    async def act(deps: Deps) -> Sent:
        text = f"{config.base_url} can send mail to you. Nobody needs to answer this.\n"
        try:
            return await deps.mailer.send(Mail(address, "A test by your pod", text))
        except MailError as error:
            raise click.ClickException(f"The mail wasn't sent. The mail server's word:\n{error.answer}") from error

    click.echo(run_action(config, act).answer)
    if config.mail.host:
        click.echo("Taken. If it doesn't arrive, look for SPF, DKIM and DMARC of the sender's domain.")


COMMANDS = (mail_commands,)
