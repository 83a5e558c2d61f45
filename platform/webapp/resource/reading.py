"""Rows for requests that only read, without a unit of work around them."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request
from litestar.exceptions import NotFoundException

from kernel.database import Database
from kernel.work import Tenant


async def read_rows(
    request: Request[Any, Any, Any], statement: str, values: Sequence[Any], *, plan_anew: bool = False
) -> Sequence[Mapping[str, Any]]:
    """Rows of a statement in the role and the schema of the request's tenant; see ``Database.tenant_rows``."""
    tenant: Tenant | None = request.scope["state"].get("tenant")
    if tenant is None:
        raise NotFoundException
    database: Database = request.app.state.database
    return await database.tenant_rows(tenant, statement, *values, plan_anew=plan_anew)
