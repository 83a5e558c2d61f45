"""Rules of the tree itself."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_platform_is_the_standard_librarys() -> None:
    assert not (ROOT / "platform/__init__.py").exists()
    assert not (ROOT / "plugins/__init__.py").exists()
    found = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.system())"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip()


def test_no_lock_file_holds_an_address() -> None:
    locks = [path for path in tracked() if "lock" in path.name]
    assert locks
    assert [path.name for path in locks if re.search(r"https?://", path.read_text())] == []


def test_no_file_names_this_machine_or_a_registry() -> None:
    machine = str(ROOT.parent) + "/"
    registries = re.compile("|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "npm" + "mirror"]))
    offending = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if (len(machine) > 5 and machine in text) or registries.search(text):
            offending.append(str(path.relative_to(ROOT)))
    assert offending == []


def test_no_large_file_is_committed() -> None:
    assert [path.name for path in tracked() if path.stat().st_size > 1_000_000] == []


def test_stock_is_not_shares() -> None:
    """库存 is inventory; 股票 are shares."""
    assert [str(p) for p in tracked() if p.suffix == ".po" and "股票" in p.read_text()] == []
