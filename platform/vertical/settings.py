"""A vertical's own settings, as the tenant has them now."""

from typing import TypeVar

import msgspec
from sqlalchemy import column, select, table

from kernel.work import Work

Schema = TypeVar("Schema", bound=msgspec.Struct)

_SETTINGS = table("vertical_settings", column("vertical"), column("values"))


async def settings_of(work: Work, vertical: str, schema: type[Schema]) -> Schema:
    """The tenant's settings of ``vertical``, in the shape its hook ``settings_schema`` gave.

    A field that was added since has its default; one that was removed is left out.
    """
    stored = await work.session.scalar(select(_SETTINGS.c["values"]).where(_SETTINGS.c.vertical == vertical)) or {}
    known = {field.encode_name for field in msgspec.structs.fields(schema)}
    return msgspec.convert({key: value for key, value in stored.items() if key in known}, schema, strict=False)
