"""REST API of roles and permissions."""

from typing import Any

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from identity.access import must_be_signed_in
from identity.house import House, house_of
from identity.roles import service
from identity.roles.catalogue import checklist, known_codes
from identity.roles.model import RoleRow
from identity.roles.service import RoleView
from kernel.work import Work

MANAGE = "admin.role.manage"
READ = "admin.member.manage"


class RoleRead(msgspec.Struct, kw_only=True):
    """``source``: ``platform``, the vertical that brought it, or empty for the company's own."""

    code: str
    label: str
    source: str
    permissions: list[str]
    members: int

    @classmethod
    def of(cls, view: RoleView) -> "RoleRead":
        return cls(code=view.code, label=view.label, source=view.source, permissions=sorted(view.permissions), members=view.members)


class RoleWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    label: str
    permissions: list[str]


class PermissionRead(msgspec.Struct, kw_only=True):
    code: str
    label: str
    group: str


class RoleController(Controller):
    path = "/roles"
    tags = ["Roles"]  # noqa: RUF012 - Litestar's way

    @get("/", opt={"permission": READ}, operation_id="ListRoles")
    async def list_roles(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> list[RoleRead]:
        """The company's roles with what each allows now."""
        house = house_of(request)
        async with house.database.registry_session() as session:
            found = await service.list_roles(session, work.tenant.id, known_codes(house.catalog, work.tenant.enabled))
        return [RoleRead.of(view) for view in found]

    @get("/permissions", opt={"permission": READ}, operation_id="ListPermissions")
    async def permissions(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> list[PermissionRead]:
        """The permissions there are, of the cores and the enabled verticals."""
        found = checklist(house_of(request).catalog, work.tenant.enabled)
        return [PermissionRead(code=known.code, label=known.label, group=known.group) for known in found]

    @post("/", opt={"permission": MANAGE, "proved": True}, operation_id="CreateRole")
    async def create(self, request: Request[Any, Any, Any], work: NamedDependency[Work], data: JSONBody[RoleWrite]) -> RoleRead:
        """A role of the company's own.  403 ``grant_refused``: it would give more than you hold."""
        house, who = house_of(request), must_be_signed_in(request)
        async with house.database.registry_session() as session:
            row = await service.create_role(work, session, who, data.label, data.permissions, house.catalog)
        return _read(house, work, row)

    @put("/{code:str}", opt={"permission": MANAGE, "proved": True}, operation_id="ChangeRole")
    async def change(
        self, request: Request[Any, Any, Any], work: NamedDependency[Work], code: FromPath[str], data: JSONBody[RoleWrite]
    ) -> RoleRead:
        """Another name and other permissions.  409 ``role_fixed`` for the owner's role."""
        house, who = house_of(request), must_be_signed_in(request)
        async with house.database.registry_session() as session:
            row = await service.change_role(work, session, who, code, data.label, data.permissions, house.catalog)
        return _read(house, work, row)

    @delete("/{code:str}", opt={"permission": MANAGE, "proved": True}, operation_id="DeleteRole")
    async def remove(self, request: Request[Any, Any, Any], work: NamedDependency[Work], code: FromPath[str]) -> None:
        """409 ``role_in_use`` while somebody holds it."""
        house, who = house_of(request), must_be_signed_in(request)
        async with house.database.registry_session() as session:
            await service.delete_role(work, session, who, code, house.catalog)


def _read(house: House, work: Work, row: RoleRow) -> RoleRead:
    return RoleRead.of(RoleView.of(row, known_codes(house.catalog, work.tenant.enabled), 0))
