"""The bundled verticals hold what is asked of a stranger's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BUNDLED = sorted(path.parent.name for path in (Path(__file__).parents[2] / "plugins").glob("*/plugin.py"))
CASES = "from vertical_devkit.conformance import Conformance\n\n\nclass TestConformance(Conformance):\n    pass\n"
OPTIONS = """
[pytest]
addopts = -p vertical_devkit.pytest_plugin -p no:cacheprovider
asyncio_mode = auto
asyncio_default_fixture_loop_scope = session
asyncio_default_test_loop_scope = session
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_vertical_conforms(name: str, tmp_path: Path, root: Path):
    (tmp_path / "test_conformance.py").write_text(CASES)
    (tmp_path / "pytest.ini").write_text(OPTIONS)
    environment = {key: value for key, value in os.environ.items() if key != "TEST_DATABASE_URL"}
    environment["PYTHONPATH"] = os.pathsep.join([str(root / "platform"), str(root / "plugins")])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--vertical", name],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
