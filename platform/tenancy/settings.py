"""A vertical's settings in one tenant, in the shape that its ``settings_schema`` gives."""

from typing import Any

import msgspec
from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.ids import new_id
from kernel.orm import TenantBase


class VerticalSettings(TenantBase):
    """Values that differ from, or were filled with, the defaults; one row per vertical."""

    __tablename__ = "vertical_settings"

    vertical: Mapped[str] = mapped_column(String(40), unique=True)
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)


async def read_settings(session: AsyncSession, vertical: str, schema: type | None) -> Any:
    """The tenant's settings of ``vertical`` as an instance of ``schema``; None for a vertical without settings.

    A field that was added since comes with its default; one that was removed is left out.
    """
    if schema is None:
        return None
    stored = await session.scalar(select(VerticalSettings.values).where(VerticalSettings.vertical == vertical)) or {}
    known = {field.encode_name for field in msgspec.structs.fields(schema)}
    return msgspec.convert({key: value for key, value in stored.items() if key in known}, schema, strict=False)


async def write_settings(session: AsyncSession, vertical: str, settings: Any) -> None:
    """Keep ``settings``, an instance of the vertical's schema."""
    values = msgspec.to_builtins(settings, str_keys=True)
    statement = insert(VerticalSettings).values(
        id=new_id(), vertical=vertical, values=values, created_at=clock.now(), updated_at=clock.now()
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["vertical"], set_={"values": statement.excluded["values"], "updated_at": clock.now()}
        )
    )
