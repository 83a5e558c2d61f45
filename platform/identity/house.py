"""What handlers of this package need from the application, by one name each."""

from dataclasses import dataclass
from typing import Any

from litestar import Request

from kernel.database import Database
from kernel.settings import Settings
from tenancy.catalog import Catalog


@dataclass(frozen=True)
class House:
    settings: Settings
    database: Database
    catalog: Catalog


def house_of(request: Request[Any, Any, Any]) -> House:
    state = request.app.state
    return House(state.settings, state.database, state.catalog)
