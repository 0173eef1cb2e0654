import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dev
from tests.architecture.tree import committed_files, name_of
from tests.support.folders import ROOT

# Put together here, so that this file is not itself a find.
REGISTRY = re.compile(
    r"(?:files|registry|deb|index)\.(?:python" + r"|npm|debian)[a-z]*\.org|py" + r"pi\.org|python" + r"hosted"
)
SHARED_PLACES = {
    "/",
    "/home",
    "/tmp",
    "/srv",
    "/opt",
    "/var/tmp",
    "/usr/src",
}  # anybody's, so nobody's secret
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


def texts() -> dict[str, str]:
    read = {}
    for path in committed_files():
        try:
            read[name_of(path)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return read


def test_no_committed_file_names_a_registry() -> None:
    assert [name for name, text in texts().items() if REGISTRY.search(text)] == []


def test_no_committed_file_names_a_folder_of_this_machine() -> None:
    here = [str(ROOT) + "/", str(Path.home()) + "/"]
    if str(ROOT.parent) not in SHARED_PLACES:
        here.append(str(ROOT.parent) + "/")
    here = [folder for folder in here if folder != "//"]
    assert [name for name, text in texts().items() if any(folder in text for folder in here)] == []


def test_no_lock_with_addresses_is_committed() -> None:
    assert "uv.lock" not in {name_of(path) for path in committed_files()}


@pytest.fixture(params=[dev.RUN_LOCK, dev.DEV_LOCK])
def lock(request: pytest.FixtureRequest) -> str:
    return (ROOT / str(request.param)).read_text(encoding="utf-8")


def test_a_lock_holds_no_address(lock: str) -> None:
    assert "://" not in lock
    assert not re.search(r"^\s*-(?:i|f|-index|-extra|-find)", lock, re.MULTILINE)


def test_a_lock_was_made_for_the_present_dependencies(lock: str) -> None:
    assert lock.startswith(dev.lock_header()), "pyproject.toml has changed: run `python3 dev.py lock`"


def test_every_locked_package_has_a_hash(lock: str) -> None:
    names = [name for name, _ in PIN.findall(lock)]
    assert len(names) > 40
    assert [name for name in names if "--hash=sha256:" not in dev.lock_entry(name, lock)] == []


@pytest.mark.parametrize("name", [dev.RUN_LOCK, dev.DEV_LOCK])
def test_every_dependency_is_locked_at_a_version_it_allows(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = list(project["dependencies"])
    for extra in dev.LOCK_EXTRAS[name]:
        asked += project["optional-dependencies"][extra]
    locked = {canonicalize_name(pin): version for pin, version in PIN.findall((ROOT / name).read_text())}
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


def test_both_locks_agree_on_what_a_pod_runs_on() -> None:
    run, full = (set(PIN.findall((ROOT / name).read_text())) for name in (dev.RUN_LOCK, dev.DEV_LOCK))
    assert run - full == set()
