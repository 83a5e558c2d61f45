"""A house in which a vertical with every hook is installed, as a distribution on the path would be."""

import sys
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from vertical_devkit.house import house

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def gym_installed(tmp_path_factory):
    """The distribution ``gym`` is on the path while a Catalog is read."""
    site = tmp_path_factory.mktemp("site")
    information = site / "gym-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: gym\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[vertical]\ngym = gym.plugin\n")
    words = HERE / "gym/locale/zh_CN/LC_MESSAGES"
    with (words / "messages.po").open("rb") as source, (words / "messages.mo").open("wb") as target:
        write_mo(target, read_po(source, "zh_CN"))
    sys.path[:0] = [str(site), str(HERE)]
    yield
    sys.path.remove(str(site))
    sys.path.remove(str(HERE))


@pytest.fixture(scope="session")
async def gym_house(cluster, gym_installed, tmp_path_factory):
    """The platform with the vertical ``gym``, on a database of its own."""
    url = make_url(cluster)
    name = f"{url.database}_gym"
    admin = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await admin.dispose()
    async with house(url.set(database=name).render_as_string(hide_password=False), tmp_path_factory.mktemp("data")) as built:
        yield built


@pytest.fixture
def seen(gym_house):
    """What the gym's hooks, subscribers and jobs were called with in this test."""
    from gym.classes import SEEN

    SEEN.clear()
    return SEEN


@pytest.fixture
async def member_of_gym(gym_house, seen):
    """A company with the gym switched on."""
    tenant = await gym_house.tenant("gym")
    seen.clear()
    return tenant


@pytest.fixture
async def stranger_to_gym(gym_house):
    """A company without it."""
    return await gym_house.tenant()
