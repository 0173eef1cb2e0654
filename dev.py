#!/usr/bin/env python3
"""One command for everything a developer does; needs nothing but Python 3.11 and git.

    python3 dev.py run [--port N] [--data DIR]   serve one pod on http://localhost with SQLite
    python3 dev.py test [--all] [pytest args]    lint, types, floors and tests; given pytest args, only tests
    python3 dev.py check                         lint, types and floors, without tests
    python3 dev.py demo                          a small community on several pods
    python3 dev.py cases                         what users of other software reported, tried on this checkout
    python3 dev.py bench                         rates, each beside the limit of the machine
    python3 dev.py lock                          renew requirements.lock and requirements-dev.lock

The environment lives in .venv. It is made once from the hash-locked lists and again when they change.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
STAMP = VENV / "althing-stamp"
OLDEST = (3, 11)

RUN_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"
CASES_ROOM = "17"  # what the cases send names the addresses of their pods, which POD_TEST_ROOM chooses
LOCK_EXTRAS = {RUN_LOCK: ("postgres", "build"), DEV_LOCK: ("postgres", "build", "dev")}

CHECKS = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy",)),
    ("lint-imports", ("lint-imports", "--no-logo")),
)


class SetupError(Exception):
    """Something outside the repository is missing; the sentence says what and how to get it."""


# --- the environment -------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    if sys.version_info < OLDEST:
        return restart_with_a_newer_python(arguments)
    try:
        return dispatch(arguments)
    except SetupError as missing:
        print(f"dev.py: {missing}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def restart_with_a_newer_python(arguments: Sequence[str]) -> int:
    """Run this file with a newer Python of this machine, or say that there is none."""
    for minor in range(14, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            return subprocess.call([newer, str(ROOT / "dev.py"), *arguments])
    found = ".".join(str(part) for part in sys.version_info[:3])
    print(
        f"dev.py: Python 3.11 or newer is needed, this is {found}."
        " On Debian and Ubuntu: apt-get install python3.11 python3.11-venv",
        file=sys.stderr,
    )
    return 2


def make_environment(lock: str) -> None:
    """Make .venv hold everything in `lock` and the project itself; nothing to do when it already does."""
    wanted = stamp_of(lock)
    have = STAMP.read_text().strip() if STAMP.exists() else ""
    if have in {wanted, stamp_of(DEV_LOCK)}:
        return
    started = time.monotonic()
    print(f"Making .venv from {lock} ...", flush=True)
    STAMP.unlink(missing_ok=True)
    make_venv()
    install(lock)
    STAMP.write_text(wanted + "\n")
    print(f".venv is ready ({time.monotonic() - started:.1f} s).", flush=True)


def stamp_of(lock: str) -> str:
    """What .venv was made from: a change in any of it makes the environment anew."""
    parts = [f"{sys.version_info[0]}.{sys.version_info[1]}", lock]
    parts += [digest(ROOT / name) for name in (lock, "pyproject.toml")]
    return " ".join(parts)


def digest(path: Path) -> str:
    if not path.exists():
        raise SetupError(f"{path.name} is missing: this is not a whole clone of the repository.")
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def make_venv() -> None:
    advice = "On Debian and Ubuntu: apt-get install python3-venv"
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SetupError(f"Python's own `venv` module (with ensurepip) is missing. {advice}")
    same = f"import pip, sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    if PYTHON.exists() and works(str(PYTHON), "-c", same):
        return
    shutil.rmtree(VENV, ignore_errors=True)  # of another Python, of one that is gone, or half made
    if subprocess.call([sys.executable, "-m", "venv", str(VENV)]) != 0:
        raise SetupError(f"`python3 -m venv .venv` failed. {advice}")


def install(lock: str) -> None:
    """Install `lock` with uv, or with pip where uv can't be had; then the project itself, in place."""
    listed = ["--require-hashes", "-r", str(ROOT / lock)]
    itself = ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    uv = [*(uv_command() or ()), "install", "-q"]
    if len(uv) > 2 and works(*uv, "--compile-bytecode", *listed) and works(*uv, *itself):
        return
    print("Without uv: pip takes a minute longer.", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if not works(*pip, *listed) or not works(*pip, *itself):
        raise SetupError("The packages could not be installed; the lines above say why. Is there a network?")


def uv_command() -> list[str] | None:
    """`uv pip` for .venv; uv is taken from .venv, from this machine, or fetched by pip with its hash."""
    own = BIN / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found is None:
        wanted = VENV / "uv.txt"
        wanted.write_text(lock_entry("uv", (ROOT / DEV_LOCK).read_text()))
        pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        if not works(*pip, "--no-deps", "--require-hashes", "-r", str(wanted)):
            return None
        found = str(own)
    return [found, "pip"]


def lock_entry(name: str, lock: str) -> str:
    """The lines of one package in a lock: its pin and its hashes."""
    entry = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    if entry is None:
        raise SetupError(f"{DEV_LOCK} does not name {name}: run `python3 dev.py lock`.")
    return entry.group(0)


def works(*command: str) -> bool:
    return subprocess.call(command, cwd=ROOT, env=environment()) == 0


def environment() -> dict[str, str]:
    """The caller's environment with .venv in front, and the certificates that this machine trusts."""
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    # Without bytecode on disk each `pod` process, and tests start hundreds, compiles for two seconds.
    unwanted = {"PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    trusted = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}  # the first is the newer name
    return {**trusted, **kept, "PATH": path, "VIRTUAL_ENV": str(VENV)}


# --- locks ---------------------------------------------------------------------------------------


def renew_locks() -> int:
    """Write both locks from pyproject.toml: names, versions, hashes, and not one address."""
    make_environment(DEV_LOCK)
    for lock, extras in LOCK_EXTRAS.items():
        command = [str(BIN / "uv"), "export", "-q", "--format", "requirements-txt"]
        command += ["--no-emit-project", "--no-header", *(f"--extra={extra}" for extra in extras)]
        listed = subprocess.check_output(command, cwd=ROOT, env=environment(), text=True)
        if "://" in listed:
            raise SetupError(f"{lock} would hold an address, because uv was given one. It stays as it was.")
        (ROOT / lock).write_text(lock_header() + listed)
        print(f"{lock}: {listed.count('==')} packages")
    return 0


def lock_header() -> str:
    return f"# Made by `python3 dev.py lock` for dependencies {dependencies_digest()}; not edited by hand.\n"


def dependencies_digest() -> str:
    """What pyproject.toml asks for, as one hash: the locks name it, so that a test sees them fall behind."""
    import tomllib  # noqa: PLC0415  (not in the older Pythons that only get as far as being told so)

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {name: project[name] for name in ("requires-python", "dependencies", "optional-dependencies")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


# --- what a developer does -------------------------------------------------------------------------


def dispatch(arguments: Sequence[str]) -> int:
    asked, rest = parser().parse_known_args(arguments)
    if rest and asked.verb not in {"test", "bench"}:
        parser().error(f"unknown: {' '.join(rest)}")
    verbs = {
        "run": lambda: run_pod(Path(asked.data), asked.port),
        "test": lambda: test(rest, everything=asked.all),
        "check": check,
        "demo": demo,
        "bench": lambda: bench(rest),
        "lock": renew_locks,
        "cases": cases,
    }
    return verbs[asked.verb]()


def parser() -> argparse.ArgumentParser:
    layout = argparse.RawTextHelpFormatter
    top = argparse.ArgumentParser(prog="dev.py", description=__doc__, formatter_class=layout)
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    run = verbs.add_parser("run", help="serve one pod on http://localhost")
    run.add_argument("--port", type=int, default=8080)
    run.add_argument("--data", default="data", metavar="DIR")
    tests = verbs.add_parser("test", help="lint, types, floors and tests", add_help=False)
    tests.add_argument("--all", action="store_true", help="the slow ones too")
    for verb, purpose in (
        ("check", "lint, types and floors"),
        ("demo", "a small community on several pods"),
        ("bench", "measure"),
        ("lock", "renew the hash-locked lists"),
        ("cases", "the public cases (POD_CASES, or ../shared/cases/public)"),
    ):
        verbs.add_parser(verb, help=purpose)
    return top


def run_pod(data: Path, port: int) -> int:
    """Make the pod's folder once, bring its database up to date, and serve until Ctrl-C."""
    make_environment(RUN_LOCK)
    folder = ["--data", str(data.resolve())]
    pod = str(BIN / "pod")
    steps = [[pod, "migrate", *folder], [pod, "serve", *folder, "--port", str(port)]]
    if not (data / "pod.toml").exists():
        # On a terminal `pod serve` says it.
        told = [] if sys.stdout.isatty() else [[pod, "setup-link", *folder]]
        steps = [[pod, "init", *folder, "--port", str(port)], steps[0], *told, steps[1]]
    for step in steps:
        if step[1] == "setup-link":
            print("To run this pod, open this link in a browser; it works once, and for an hour:", flush=True)
        # What `pod init` says comes next, this does.
        quiet = subprocess.DEVNULL if step[1] == "init" else None
        code = subprocess.call(step, cwd=ROOT, env=environment(), stdout=quiet)
        if code:
            return code
    return 0


def demo() -> int:
    make_environment(RUN_LOCK)
    return subprocess.call([str(BIN / "pod"), "demo"], cwd=ROOT, env=environment())


def bench(names: Sequence[str]) -> int:
    make_environment(DEV_LOCK)
    return subprocess.call([str(PYTHON), "-m", "tests.bench", *names], cwd=ROOT, env=environment())


def cases() -> int:
    """Run every public case, one script each, and say which fail."""
    folder = Path(os.environ.get("POD_CASES", ROOT.parent / "shared" / "cases" / "public")).resolve()
    scripts = sorted(folder.glob("[0-9]*_*.py"))
    if not scripts:
        raise SetupError(f"There are no cases in {folder}; POD_CASES names another folder.")
    make_environment(DEV_LOCK)
    failed = []
    for script in scripts:
        found = {**environment(), "ALTHING": str(ROOT), "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        found["POD_TEST_ROOM"] = CASES_ROOM
        done = subprocess.run(
            [str(PYTHON), str(script)], cwd=ROOT, env=found, capture_output=True, text=True, check=False
        )
        wrong = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
        if done.returncode and not wrong:
            wrong = [done.stderr.strip().rpartition("\n")[2] or f"ended with {done.returncode}"]
        print(
            f"{script.stem:36} {'FAILED' if wrong else 'ok'}", *(f"    {line}" for line in wrong), sep="\n", flush=True
        )
        failed += [script.stem] if wrong else []
    print(f"{len(scripts) - len(failed)} of {len(scripts)} hold." + (f" Failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def check() -> int:
    make_environment(DEV_LOCK)
    return run_steps([(name, [str(BIN / tool), *rest]) for name, (tool, *rest) in CHECKS])


def test(chosen: Sequence[str], *, everything: bool) -> int:
    """The checks and the tests; only the chosen tests when pytest got arguments."""
    make_environment(DEV_LOCK)
    # Pods of whole lives starve beside a third worker on two cores; quick tests don't start any.
    workers = "2" if everything else "3"
    pytest = [str(BIN / "pytest"), "-n", workers, "--dist", "loadfile", "--no-loadscope-reorder", "-q", *chosen]
    steps = [(name, [str(BIN / tool), *rest]) for name, (tool, *rest) in CHECKS]
    if everything:
        pytest += ["-m", "not bench", "--durations=25"]
        os.environ.setdefault("POD_HYPOTHESIS", "all")
    return run_steps([*([] if chosen else steps), ("pytest", pytest)])


def run_steps(steps: Sequence[tuple[str, list[str]]]) -> int:
    """Run every step, also after one failed, so that one run shows everything; then the time of each."""
    results = []
    for name, command in steps:
        print(f"== {name}", flush=True)
        started = time.monotonic()
        code = subprocess.call(command, cwd=ROOT, env=environment())
        results.append((name, code, time.monotonic() - started))
    print()
    for name, code, seconds in results:
        print(f"{name:14} {'ok' if code == 0 else 'FAILED':8} {seconds:6.1f} s")
    return max((abs(code) for _, code, _ in results), default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
