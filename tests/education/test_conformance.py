"""Education holds what every vertical must hold, by the same kit that a third party uses."""

from collections.abc import Iterator

import pytest

from vertical_devkit.conformance import Conformance
from vertical_devkit.pytest_plugin import (  # noqa: F401 - fixtures
    as_role,
    client,
    other_tenant,
    post,
    tenant,
    vertical_catalog,
    vertical_house,
    work,
)


@pytest.fixture(scope="session")
def vertical_name() -> str:
    return "education"


@pytest.fixture(scope="session")
def vertical_server(tmp_path_factory) -> Iterator[str]:
    """A server of its own, as the house of the other tests has the database."""
    from vertical_devkit.house import server

    with server(tmp_path_factory.mktemp("conformance")) as url:
        yield url


class TestConformance(Conformance): ...
