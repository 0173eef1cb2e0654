"""docs/operating.md shows only commands and options that the program has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from pod.cli import main
from tests.support.folders import ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.startswith("pod ")]
NAMED = sorted(set(re.findall(r"`pod ([a-z-]+)", PAGE)))


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and what is left of them."""
    context = click.Context(main)
    command: click.Command = main
    while isinstance(command, click.Group):
        assert words, f"{command.name} needs a command"
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]}"
        command, words = found, words[1:]
    return command, words


def test_the_page_shows_commands() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_is_one_of_the_programs(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ada.zip").touch()  # the page takes it from one command to the next
    command, words = resolved(shlex.split(re.sub("GROUP|POLL", f"bagaaiera{'a' * 52}", line))[1:])
    context = command.make_context(command.name, list(words), resilient_parsing=False)
    assert context.args == []


@pytest.mark.parametrize("name", NAMED)
def test_a_command_named_in_a_sentence_is_there(name: str) -> None:
    assert main.get_command(click.Context(main), name) is not None
