"""A stranger's vertical: written by the scaffold, built into a wheel, installed, switched on for one company and not for another."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from vertical_devkit.scaffold import scaffold

STORY = '''
"""What the operator and two companies see."""

from datetime import timedelta
from pathlib import Path

import acme_dental
from sqlalchemy import text

from kernel import clock
from tenancy.lifecycle import PURGE_AFTER


def test_the_installed_wheel_is_tested_not_the_sources(pytestconfig):
    assert not Path(acme_dental.__file__).is_relative_to(pytestconfig.rootpath)


def test_a_wheel_that_raises_on_import_is_refused_by_name(vertical_catalog):
    assert "boom" in vertical_catalog.refused["acme_broken"]
    assert "acme_dental" in vertical_catalog.verticals


async def test_one_company_has_it_and_another_does_not(vertical_house):
    with_it, without = await vertical_house.tenant("acme_dental"), await vertical_house.tenant()
    answers = {}
    for tenant in (with_it, without):
        async with vertical_house.client(tenant) as client:
            for path in ("/api/v1/acme_dental/visits", "/api/v1/acme_dental/rooms", "/acme_dental/rooms"):
                answers.setdefault(path, []).append((await client.get(path)).status_code)
    assert answers == dict.fromkeys(answers, [200, 404])

    lifecycle = vertical_house.lifecycle
    assert (await lifecycle.disable(with_it.id, "acme_dental")).done
    async with vertical_house.client(with_it) as client:
        assert (await client.get("/api/v1/acme_dental/visits")).status_code == 404
    assert [file async for file in lifecycle.export(with_it.id, "acme_dental")] == []
    with clock.frozen(clock.now() + PURGE_AFTER + timedelta(hours=1)):
        assert (await lifecycle.purge(with_it.id, "acme_dental")).done
    query = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(:schema)::oid AND relname LIKE '%acme%'"
    async with vertical_house.database.owner_engine.connect() as connection:
        assert (await connection.execute(text(query), {"schema": with_it.schema})).scalars().all() == []
'''

BROKEN = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme-broken"
version = "1.0"

[project.entry-points.vertical]
acme_broken = "acme_broken"

[tool.hatch.build.targets.wheel]
packages = ["acme_broken"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return scaffold("acme_dental", tmp_path / "acme-dental")


@pytest.fixture
async def empty_database(cluster: str):
    """Address of an empty database beside the tests' own, dropped at the end."""
    url = make_url(cluster)
    name = f"{url.database}_wheel"
    admin = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
        yield url.set(database=name).render_as_string(hide_password=False)
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await admin.dispose()


def run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def build(project: Path, wheels: Path) -> None:
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(project), cwd=project)


def test_the_scaffold_is_tidy(project: Path, root: Path):
    run("-m", "ruff", "check", "--no-cache", ".", cwd=project)
    run("-m", "ruff", "format", "--no-cache", "--check", ".", cwd=project)
    run("-m", "mypy", "--no-incremental", "acme_dental", cwd=project, MYPYPATH=str(root / "platform"))


@pytest.mark.wheel
@pytest.mark.slow
def test_a_strangers_wheel_is_built_installed_and_passes_its_tests(project: Path, root: Path, tmp_path: Path, empty_database: str):
    broken = tmp_path / "acme-broken"
    (broken / "acme_broken").mkdir(parents=True)
    (broken / "pyproject.toml").write_text(BROKEN)
    (broken / "acme_broken" / "__init__.py").write_text("raise RuntimeError('boom')\n")
    (project / "tests" / "test_story.py").write_text(STORY)

    wheels, site = tmp_path / "wheels", tmp_path / "site"
    for each in (project, broken):
        build(each, wheels)
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site), *map(str, wheels.glob("*.whl")), cwd=tmp_path)
    path = os.pathsep.join(map(str, (site, root / "platform", root / "plugins")))
    # -P keeps the sources beside the tests off the path.
    said = run("-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project, PYTHONPATH=path, TEST_DATABASE_URL=empty_database)
    assert " passed" in said
    assert "failed" not in said
