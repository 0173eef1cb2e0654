import json
import socket
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pod.cli import main
from tests.support.rig import ServedPod, worker_number


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> ServedPod:
    """A pod that isn't served."""
    made = ServedPod(tmp_path_factory.mktemp("commands") / "pod", worker_number(), 7)
    made.create()
    return made


@pytest.fixture(scope="module")
def ada(pod: ServedPod) -> dict[str, Any]:
    return pod.sign_up("ada").account


def asked(pod: ServedPod, *command: str, phrase: str) -> Result:
    """Run a command that asks for the words, and type them."""
    return CliRunner().invoke(main, [*command, "--data", str(pod.folder)], input=f"{phrase}\n")


def test_who_lost_the_token_gets_another_for_the_words_and_nothing_moves(pod: ServedPod, ada: dict[str, Any]) -> None:
    done = asked(pod, "user", "recover", "ada", phrase=ada["phrase"])

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["token"] != ada["token"]
    assert told["personal_group"] == ada["personal_group"]
    assert told["memberships"] == [{"group": ada["personal_group"], "number": 1, "state": "member"}]
    assert told["recovery_keys_left"] == 63


def test_a_lone_keepers_words_begin_the_next_epoch(pod: ServedPod, ada: dict[str, Any]) -> None:
    done = asked(pod, "group", "recover", ada["personal_group"], phrase=ada["phrase"])

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["item"]
    assert told["handover"]["term"] == 2**32


def test_mistyped_words_are_not_repeated(pod: ServedPod, ada: dict[str, Any]) -> None:
    words = ada["phrase"].split()
    done = asked(pod, "user", "recover", "ada", phrase=" ".join(["zzzz", *words[1:]]))

    assert done.exit_code == 1
    assert "Not in the word list, counted from the first: 1." in done.output
    assert "zzzz" not in done.output
    assert words[1] not in done.output.split()


def test_nobody_elses_words_recover_a_group(pod: ServedPod, ada: dict[str, Any]) -> None:
    eve = pod.sign_up("eve").account
    done = asked(pod, "group", "recover", ada["personal_group"], phrase=eve["phrase"])

    assert done.exit_code == 1
    assert "Only the recovery phrase of a keeper" in done.output


@pytest.mark.parametrize("command", [("user", "recover", "ada"), ("group", "recover", "x"), ("renew-key",)])
def test_a_pod_that_is_being_served_is_not_touched(pod: ServedPod, ada: dict[str, Any], command: tuple[str]) -> None:
    """The serving process keeps chains and keys in mind, and would not see what another one writes."""
    with socket.create_server((pod.host, 8080)):
        done = asked(pod, *command, phrase=ada["phrase"])

    assert done.exit_code == 1
    assert "The pod is being served" in done.output
