"""What is installed is what is written down."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LINTER = PROJECT["tool"]["importlinter"]


def pinned(lock: str) -> dict[str, Version]:
    found = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): Version(version) for name, version in found}


def packages() -> set[str]:
    return {path.parent.name for root in ("platform", "plugins") for path in (ROOT / root).glob("*/__init__.py")}


def test_every_package_is_under_the_linter() -> None:
    folders = {
        path.name for root in ("platform", "plugins") for path in (ROOT / root).iterdir() if path.is_dir() and path.name[0].isalpha()
    }
    assert folders == packages() == set(LINTER["root_packages"])


def test_every_package_has_its_layer() -> None:
    [layers] = [contract["layers"] for contract in LINTER["contracts"] if contract["id"] == "layers"]
    assert {name.strip() for layer in layers for name in layer.split("|")} == packages()


def test_every_vertical_is_bound_to_the_public_api() -> None:
    verticals = {path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py")}
    [contract] = [contract for contract in LINTER["contracts"] if contract["id"] == "verticals"]
    assert set(contract["source_modules"]) == verticals
    assert {point.name for point in entry_points(group="vertical")} >= verticals


def test_imports_keep_to_the_layers() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("lock", "extras"), [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "devkit", "dev"])])
def test_the_lock_satisfies_the_project(lock: str, extras: list[str]) -> None:
    versions = pinned(lock)
    wanted = [
        *PROJECT["project"]["dependencies"],
        *(line for extra in extras for line in PROJECT["project"]["optional-dependencies"][extra]),
    ]
    requirements = [requirement for requirement in map(Requirement, wanted) if requirement.name != "jingwei"]
    assert [str(each) for each in requirements if versions[canonicalize_name(each.name)] not in each.specifier] == []


def test_the_locks_agree_and_every_line_has_a_hash() -> None:
    plain, development = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert {name: version for name, version in plain.items() if development.get(name) != version} == {}
    for lock in ("requirements.lock", "requirements-dev.lock"):
        blocks = re.split(r"^(?=\S)", (ROOT / lock).read_text(), flags=re.MULTILINE)
        assert [block.split()[0] for block in blocks if block and "--hash=sha256:" not in block] == []


def test_the_build_requirements_are_locked() -> None:
    versions = pinned("requirements.lock")
    requirements = map(Requirement, PROJECT["build-system"]["requires"])
    assert [str(each) for each in requirements if versions[canonicalize_name(each.name)] not in each.specifier] == []


def test_browser_libraries_are_locked_by_hash_and_without_address() -> None:
    lock = (ROOT / "frontend/package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') >= lock.count('"node_modules/') > 5


OLD = """
import runpy, sys
sys.version_info = {version!r}
sys.argv = ["bootstrap.py", "up"]
runpy.run_path({script!r}, run_name="__main__")
"""


@pytest.mark.parametrize("version", [(3, 10, 14, "final", 0), (2, 7, 18, "final", 0)])
def test_an_old_python_is_told_what_to_do(version: tuple[object, ...]) -> None:
    script = OLD.format(version=version, script=str(ROOT / "scripts/bootstrap.py"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env={"PATH": "/nonexistent"}, check=False)
    assert done.returncode == 2
    assert (
        done.stderr
        == f"Jingwei needs Python 3.11 or newer, and this is {version[0]}.{version[1]}: install python3.11 and run the command again.\n"
    )


def test_the_bootstrap_can_be_read_by_old_pythons() -> None:
    source = (ROOT / "scripts/bootstrap.py").read_text()
    ast.parse(source, feature_version=(3, 0))
    assert not re.search(r"\bf[\"']", source)
