"""`pod.toml` is refused with every reason at once; what is for tests never starts under a public URL."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pod.cli import main
from pod.config import ConfigError, parse_config, read_config

PUBLIC = '[server]\nbase_url = "https://pod.example"\n'
LOCAL = '[server]\nbase_url = "http://127.0.0.1:8080"\n'
GROUP = f"bagaaiera{'a' * 52}"
FOR_TESTS = ('[federation]\nallow_networks = ["127.0.0.0/8"]\n', '[testing]\nclock_file = "clock"\n')


@pytest.mark.parametrize("setting", FOR_TESTS, ids=["allow_networks", "clock_file"])
@pytest.mark.parametrize(
    "base_url", ["https://pod.example", "http://192.0.2.1", "http://10.0.0.1", "https://localhost.example"]
)
def test_a_public_pod_takes_no_setting_that_is_for_tests(setting: str, base_url: str) -> None:
    with pytest.raises(ConfigError, match="are for local pods"):
        parse_config(f'[server]\nbase_url = "{base_url}"\n{setting}')


@pytest.mark.parametrize("setting", FOR_TESTS, ids=["allow_networks", "clock_file"])
@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:81", "http://a.localhost"]
)
def test_a_local_pod_takes_them(setting: str, base_url: str) -> None:
    assert parse_config(f'[server]\nbase_url = "{base_url}"\n{setting}').base_url == base_url


@pytest.mark.parametrize("setting", FOR_TESTS, ids=["allow_networks", "clock_file"])
def test_a_public_pod_with_such_a_setting_does_not_start(tmp_path: Path, setting: str) -> None:
    (tmp_path / "pod.toml").write_text(PUBLIC + setting)
    command = [sys.executable, "-m", "pod", "serve", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "this base_url is public" in done.stderr
    assert {entry.name for entry in tmp_path.iterdir()} == {"pod.toml"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "server"),
        ("[server", "pod.toml: "),
        ('[sever]\nbase_url = "http://localhost"', "line 1: `sever` is not known; did you mean `server`?"),
        (LOCAL + "prot = 1\n", "line 3: `prot` is not known; did you mean `port`?"),
        (LOCAL + 'port = "80"\n', "Expected `int`, got `str`"),
        ('[server]\nbase_url = "pod.example"', "must be https://host"),
        ('[server]\nbase_url = "https://pod.example/path"', "without a path"),
        (LOCAL + '[federation]\nallow_networks = ["all"]\n', "'all', which is no network"),
        (LOCAL + '[moderation]\nfloor = ["parish"]\n', "'parish', which is no group's address and no group's id"),
        (LOCAL + f'[moderation]\nfloor = ["ftp://pod.example/g/{GROUP}"]\n', "which is no group's address"),
        (LOCAL + '[log]\nformat = "xml"\n', "`log.format` must be json or console."),
        (LOCAL + '[log]\nlevel = "loud"\n', "`log.level` must be debug, info, warning or error."),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(text)
    assert said in str(refused.value)


def test_all_reasons_come_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(LOCAL + '[federation]\nallow_networks = ["all"]\n[log]\nformat = "xml"\nlevel = "loud"\n')
    assert len(str(refused.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[server]\nbase_url = "http://localhost"\nprot = 1\n', "line 3: `prot` is not known; did you mean `port`?"),
        (
            '[server]\nbase_url = "http://localhost"\n[stroage]\n',
            "line 3: `stroage` is not known; did you mean `storage`?",
        ),
        ('# port\n[server]\nbase_url = "http://localhost"\n\nport = "x"\n', "line 5: `server.port`: Expected `int`"),
        ('[server]\nbase_url = "http://localhost"\nport = 70000\n', "line 3: `server.port` must be from 1"),
        ('[mail]\nport = 1\n[server]\nbase_url = "http://localhost"\nport = 0\n', "line 5: `server.port` must be"),
        ('server.base_url = "http://localhost"\nserver.port = "x"\n', "line 2: `server.port`: Expected `int`"),
        ("server = 1\n", "line 1: `server` is a section"),
        ("[server]\nport = 1\n", "line 1: `server.base_url` must be there."),
        (LOCAL + '[mail]\nsecurity = "ssl"\n', "line 4: `mail.security` must be starttls, tls or none."),
        (LOCAL + '[mail]\nhost = "m.example"\nuser = "a"\nsecurity = "none"\n', "line 6: `mail.security` none would"),
        (LOCAL + '[mail]\npassword = "a"\npassword_file = "/"\n', "line 4: `mail.password` and `mail.password_file`"),
        (LOCAL + '[mail]\nsender = "pod"\n', "line 4: `mail.sender` must be a mail address."),
        (LOCAL + '[metrics]\ntoken = "short"\n', "line 4: `metrics.token` must have at least 16"),
    ],
)
def test_op_04_a_wrong_key_or_value_is_told_with_file_and_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(text)
    assert f"pod.toml, {said}" in str(refused.value)


def test_op_04_a_wrong_key_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "pod.toml").write_text(LOCAL + '\n[log]\nlevle = "info"\n')
    command = [sys.executable, "-m", "pod", "serve", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "pod.toml, line 5: `levle` is not known; did you mean `level`?" in done.stderr


def test_op_05_the_environment_says_instead_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "pod.toml"
    path.write_text(LOCAL + "port = 8081\n")
    environment = {
        "POD_SERVER_PORT": "9000",
        "POD_FEDERATION_ALLOW_NETWORKS": "127.0.0.0/8, ::1/128",
        "POD_MAIL_HOST": "mail.example",
        "POD_TEST_ROOM": "1",  # somebody else's
    }
    loaded = read_config(path, environment)
    assert loaded.config.server.port == 9000
    assert loaded.config.federation.allow_networks == ["127.0.0.0/8", "::1/128"]
    assert loaded.config.mail.host == "mail.example"
    assert loaded.config.data == tmp_path
    assert {key: origin for key, origin in loaded.origins.items() if origin != "default"} == {
        ("server", "base_url"): "file",
        ("server", "port"): "env",
        ("federation", "allow_networks"): "env",
        ("mail", "host"): "env",
    }
    assert read_config(path, {"POD_FEDERATION_ALLOW_NETWORKS": '["::1/128"]'}).config.federation.allow_networks == [
        "::1/128"
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("POD_SERVER_PROT", "1", "The environment: `POD_SERVER_PROT` is not known; did you mean `POD_SERVER_PORT`?"),
        ("POD_SERVER_PORT", "many", "The environment, POD_SERVER_PORT: `server.port`: Expected `int`"),
        ("POD_SERVER_PORT", "0", "The environment, POD_SERVER_PORT: `server.port` must be from 1"),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(tmp_path: Path, name: str, value: str, said: str) -> None:
    (tmp_path / "pod.toml").write_text(LOCAL)
    with pytest.raises(ConfigError) as refused:
        read_config(tmp_path / "pod.toml", {name: value})
    assert said in str(refused.value)


def test_op_05_what_holds_is_shown_with_its_origin_and_without_secrets(tmp_path: Path) -> None:
    secrets = {"POD_MAIL_PASSWORD": "correct horse", "POD_METRICS_TOKEN": "battery staple battery"}
    (tmp_path / "pod.toml").write_text(
        LOCAL + '[storage]\ndatabase = "postgresql+asyncpg://pod:stable@localhost/pod?password=stable&ssl=on"\n'
    )
    for form in ([], ["--json"]):
        done = CliRunner().invoke(
            main, ["config", "show", "--data", str(tmp_path), *form], env={**secrets, "POD_SERVER_PORT": "9000"}
        )
        assert done.exit_code == 0, done.output
        for secret in (*secrets.values(), "stable"):
            assert secret not in done.output
    shown = json.loads(done.output)
    assert shown["server"]["port"] == {"value": 9000, "origin": "env"}
    assert shown["server"]["base_url"]["origin"] == "file"
    assert shown["log"]["level"] == {"value": "info", "origin": "default"}
    assert shown["mail"]["password"] == {"value": "…", "origin": "env"}


def test_r3_a_group_of_the_floor_is_named_by_its_pages_address_or_its_id() -> None:
    told = parse_config(LOCAL + f'[moderation]\nfloor = ["https://Pod.example/g/{GROUP}/", "{GROUP[:-1]}q"]\n')
    assert told.moderation.configured_groups == ((GROUP, "https://pod.example"), (f"{GROUP[:-1]}q", ""))
