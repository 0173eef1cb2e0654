"""A pod at an address of IPv6 is found, signed in to and looked over like any other."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from pod.cli import main
from pod.web.kit.visitors import cookie_name
from tests.support.rig import ServedPod, call, worker_number


def free_port() -> int:
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def at_v6(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPod]:
    made = ServedPod(tmp_path_factory.mktemp("pod") / "pod", worker_number(), 40)
    port = free_port()
    made.url = made.door = f"http://[::1]:{port}"
    options = ["--data", str(made.folder), "--base-url", made.url, "--listen", "::1", "--port", str(port)]
    for command in (["init", *options], ["migrate", "--data", str(made.folder)]):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, done.output
    made.sign_up("bo")
    try:
        made.start()
        yield made
    finally:
        made.kill()


def test_public_29_a_pod_at_v6_is_found_by_the_handle_it_shows(at_v6: ServedPod) -> None:
    host = at_v6.url.removeprefix("http://")
    resource = quote(f"acct:bo@{host}", safe="")
    found = call("GET", f"{at_v6.url}/.well-known/webfinger?resource={resource}")
    assert found["subject"] == f"acct:bo@{host}"
    assert found["aliases"] == [f"{at_v6.url}/u/bo"]
    assert call("GET", f"{at_v6.url}/u/bo")["id"] == f"{at_v6.url}/u/bo"


def test_public_29_the_doctor_finds_the_pod_that_serves_at_v6(at_v6: ServedPod) -> None:
    done = CliRunner().invoke(main, ["doctor", "--json", "--data", str(at_v6.folder)])
    levels = {finding["check"]: finding["level"] for finding in json.loads(done.stdout)}
    assert levels["port"] == levels["webfinger"] == "ok", done.stdout


def test_public_29_a_command_sees_that_the_pod_at_v6_is_served(at_v6: ServedPod) -> None:
    done = CliRunner().invoke(main, ["renew-key", "--data", str(at_v6.folder)])
    assert "The pod is being served" in done.output, done.output


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("http://[::1]", "session-80"),
        ("http://[::1]:8099", "session-8099"),
        ("http://localhost", "session-80"),
        ("https://[2001:db8::1]", "__Host-session"),
    ],
)
def test_public_29_a_cookie_is_named_by_the_port_alone(base_url: str, name: str) -> None:
    deps: Any = SimpleNamespace(identity=SimpleNamespace(base_url=base_url))
    assert cookie_name(deps, "session") == name
