"""A pod begins with one command: configuration, keys, database, a link that works once, and what to paste."""

from __future__ import annotations

import re
import shutil
import sqlite3
import stat
import subprocess
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner

from pod.actions.groups.founding import token_hash
from pod.app import make_routes
from pod.cli import main
from pod.cli.options import configuration
from pod.cli.snippets import CADDY, NGINX, SECRET, SYSTEMD, Site, snippets
from tests.support.certificates import self_signed
from tests.support.folders import ROOT
from tests.support.rig import worker_number

DOMAIN = "pod.example.org"
LINK = re.compile(r"https?://[^/\s]+/setup/([\w-]{43})")
OURS = Site("pod.example", "127.0.0.1", 8080, Path("/var/lib/althing"), Path("/opt/althing/bin/pod"), "althing")


def run(*command: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, command)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.fixture
def begun(tmp_path: Path) -> tuple[Path, str]:
    folder = tmp_path / "pod"
    code, text = run("init", DOMAIN, "--port", "8123", "--data", str(folder))
    assert code == 0, text
    return folder, text


def test_op_03_the_configuration_is_short_commented_and_can_be_used(begun: tuple[Path, str]) -> None:
    folder, _ = begun
    text = (folder / "pod.toml").read_text()
    assert len(text.splitlines()) <= 20
    assert sum(line.startswith("#") for line in text.splitlines()) >= 4
    written = tomllib.loads(text)
    assert written["server"] == {"base_url": f"https://{DOMAIN}", "listen": "127.0.0.1", "port": 8123}
    assert configuration(folder).data == folder
    for secret in (folder / "pod.toml", folder / "keys" / "pod.key"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert run("migrate", "--plan", "--data", str(folder)) == (0, "The database is up to date.\n")


def test_op_02_a_link_is_printed_and_only_its_hash_is_kept(begun: tuple[Path, str]) -> None:
    folder, text = begun
    (token,) = LINK.findall(text)
    assert f"https://{DOMAIN}/setup/{token}" in text
    code, again = run("setup-link", "--data", str(folder))
    assert code == 0
    (other,) = LINK.findall(again)
    assert again == f"https://{DOMAIN}/setup/{other}\n"
    with closing(sqlite3.connect(folder / "pod.sqlite")) as database:
        rows = database.execute("SELECT sha256, expires_at - created_at, used_at FROM setup_links").fetchall()
    assert {row[0] for row in rows} == {token_hash(token), token_hash(other)}
    assert {row[1:] for row in rows} == {(3_600_000, None)}
    for entry in folder.rglob("*"):
        assert entry.is_dir() or token.encode() not in entry.read_bytes(), entry


def test_op_03_the_snippets_name_the_domain_the_port_and_the_folders(begun: tuple[Path, str]) -> None:
    folder, text = begun
    shown = {name: (folder / "deploy" / name).read_text() for name in (CADDY, NGINX, SYSTEMD)}
    for snippet in shown.values():
        assert snippet in text
        assert "{" not in snippet.replace("{\n", "")
    assert f"{DOMAIN} {{" in shown[CADDY]
    assert "reverse_proxy 127.0.0.1:8123" in shown[CADDY]
    assert f"server_name {DOMAIN};" in shown[NGINX]
    assert "proxy_pass http://127.0.0.1:8123;" in shown[NGINX]
    assert f"serve --data {folder}\n" in shown[SYSTEMD]
    assert f"ReadWritePaths={folder}\n" in shown[SYSTEMD]


def test_op_03_caddy_takes_its_snippet(begun: tuple[Path, str]) -> None:
    snippet = begun[0] / "deploy" / CADDY
    if (caddy := shutil.which("caddy")) is None:
        lines = [line.strip() for line in snippet.read_text().splitlines() if not line.strip().startswith("#")]
        assert lines == [f"{DOMAIN} {{", "encode gzip", "reverse_proxy 127.0.0.1:8123", "}"]
        return
    done = subprocess.run(
        [caddy, "validate", "--adapter", "caddyfile", "--config", snippet], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_op_03_nginx_takes_its_snippet(begun: tuple[Path, str], tmp_path: Path) -> None:
    text = (begun[0] / "deploy" / NGINX).read_text()
    assert text.count("{") == text.count("}") == 4
    if (nginx := shutil.which("nginx")) is None:
        return
    certificate, key = self_signed(tmp_path, DOMAIN)
    live = f"/etc/letsencrypt/live/{DOMAIN}"
    text = text.replace(f"{live}/fullchain.pem", str(certificate)).replace(f"{live}/privkey.pem", str(key))
    # A test of the words needs no right to the ports that they name.
    port = 20_000 + 50 * worker_number()
    text = text.replace("listen 80;", f"listen {port};").replace("listen 443 ssl", f"listen {port + 1} ssl")
    text = re.sub(r"    listen \[::\].*\n", "", text)
    whole = tmp_path / "whole.conf"
    whole.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off;\n{text}}}\n")
    done = subprocess.run([nginx, "-t", "-c", whole, "-p", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@pytest.mark.parametrize(
    ("name", "as_word"),
    [
        ("pod", "{}/pod"),
        ("a pod at 100%", '"{}/a pod at 100%%"'),
        ('say "pod"', '"{}/say \\"pod\\""'),
        ("$HOME", "{}/$$HOME"),
    ],
)
def test_op_03_systemd_takes_its_snippet(tmp_path: Path, name: str, as_word: str) -> None:
    unit = tmp_path / SYSTEMD
    site = Site(DOMAIN, "127.0.0.1", 8123, tmp_path / name, Path("/bin/true"), "root")
    unit.write_text(snippets(site)[SYSTEMD])
    assert f"User=root\nExecStart=/bin/true serve --data {as_word.format(tmp_path)}\n" in unit.read_text()
    if (analyze := shutil.which("systemd-analyze")) is None:
        return
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_proxy_logs_an_address_with_a_secret_in_it() -> None:
    app = web.Application()
    make_routes(app)
    paths = {resource.canonical for resource in app.router.resources()}
    before = [re.split(r"/\{(?:token|secret)\}", path) for path in paths]
    assert {path[0].lstrip("/") for path in before if len(path) > 1} == set(SECRET)
    assert f"location ~ ^/({'|'.join(SECRET)})/ {{\n        access_log off;" in snippets(OURS)[NGINX]


def test_a_pod_at_home_may_write_into_its_own_folder() -> None:
    at_home = Site(DOMAIN, "", 8080, Path("/home/ada/pod"), Path("/usr/bin/pod"), "ada")
    assert "ProtectHome=read-only\n" in snippets(at_home)[SYSTEMD]
    assert "ProtectHome=yes\n" in snippets(OURS)[SYSTEMD]
    assert "reverse_proxy 127.0.0.1:8080" in snippets(at_home)[CADDY]


@pytest.mark.parametrize("name", [CADDY, NGINX, SYSTEMD])
def test_what_lies_in_deploy_is_what_a_pod_would_get(name: str) -> None:
    assert (ROOT / "deploy" / name).read_text() == snippets(OURS)[name]


@pytest.mark.parametrize("domain", ["https://pod.example", "pod.example/x", "pod.example:80", "a b", "..", "-x-.y"])
def test_what_is_no_domain_is_refused_and_nothing_is_left(tmp_path: Path, domain: str) -> None:
    code, text = run("init", "--data", str(tmp_path / "pod"), "--", domain)
    assert (code, "isn't a domain" in text) == (2, True)
    assert not (tmp_path / "pod").exists()


def test_a_domain_is_written_as_others_write_it(tmp_path: Path) -> None:
    code, text = run("init", "Blåbär.Example.", "--data", str(tmp_path / "pod"))
    assert code == 0, text
    assert configuration(tmp_path / "pod").base_url == "https://xn--blbr-noae.example"


def test_a_pod_on_this_machine_needs_no_proxy(tmp_path: Path) -> None:
    code, text = run("init", "localhost", "--port", "8123", "--data", str(tmp_path / "pod"))
    assert code == 0
    assert configuration(tmp_path / "pod").base_url == "http://localhost:8123"
    assert "proxy_pass" not in text
    assert LINK.search(text)


def test_a_pod_that_is_there_is_not_begun_again(begun: tuple[Path, str]) -> None:
    folder, _ = begun
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    code, text = run("init", "other.example", "--data", str(folder))
    assert (code, "is there already; nothing was changed" in text) == (1, True)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_link_is_not_made_without_tables(tmp_path: Path) -> None:
    assert run("init", "--data", str(tmp_path / "pod"))[0] == 0
    code, text = run("setup-link", "--data", str(tmp_path / "pod"))
    assert (code, "run `pod migrate` first" in text) == (1, True)
