"""Classes: the settings, the events, and what the other hooks need."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.response import Template
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.events import Event
from kernel.orm import TenantBase
from kernel.web import page

SEEN: list[tuple[object, ...]] = []
"""What lifecycle hooks, subscribers and jobs were called with."""


class Locker(TenantBase):
    __tablename__ = "gym_locker"

    name: Mapped[str] = mapped_column(String(40), unique=True, info={"label": "Name"})


class Settings(msgspec.Struct, kw_only=True, frozen=True):
    capacity: int = 20


@dataclass(frozen=True, kw_only=True)
class ClassTaught(Event):
    class_id: UUID
    number: str
    party_id: UUID
    fee: Decimal


class ClassController(Controller):
    path = "/classes"

    @get("/", opt={"permission": "gym.class.read"}, operation_id="listGymClasses")
    async def list_classes(self) -> list[str]:
        return ["Yoga"]


class ClassPages(Controller):
    path = "/classes"
    include_in_schema = False

    @get("/", opt={"permission": "gym.class.read"})
    async def classes(self) -> Template:
        return page("gym/classes.html")
