"""`pod.toml` is refused with every reason at once; what is for tests never starts under a public URL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pod.config import ConfigError, parse_config

PUBLIC = '[server]\nbase_url = "https://pod.example"\n'
LOCAL = '[server]\nbase_url = "http://127.0.0.1:8080"\n'
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
    "base_url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80", "http://a.localhost"]
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
        (LOCAL + '[moderation]\nfloor = ["parish"]\n', "'parish', which is no group's id"),
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
