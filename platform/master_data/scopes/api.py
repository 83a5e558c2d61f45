"""REST API of scopes and field rights."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from identity.house import house_of
from identity.members.service import get_member
from kernel.work import Work
from master_data.scopes.model import FieldRight, Scope
from master_data.scopes.pages import MANAGE, MEMBERS, roles_of
from master_data.scopes.rules import field_rules, kinds, scope_now, scope_rules, set_field_rules, set_scopes
from master_data.scopes.staff import set_person

AnyRequest = Request[Any, Any, Any]


class ScopeEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How far a role sees records of one kind.  ``stem`` is that of their permissions, ``crm.lead``."""

    role: str
    stem: str
    scope: Scope


class FieldEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a role may do with one field."""

    role: str
    field: str
    right: FieldRight


class PersonEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The member who signs in as an employee; null for none."""

    person_id: UUID | None


class ScopeController(Controller):
    path = "/scopes"
    tags = ("Rights",)

    @get("/", opt={"permission": MANAGE}, operation_id="ListScopes")
    async def list_scopes(self, request: AnyRequest, work: NamedDependency[Work]) -> list[ScopeEntry]:
        """Every role's scope for every kind of record that is kept apart, set or by default."""
        rules, roles = await scope_rules(work), await roles_of(request, work)
        stems = [kind.stem for kind in kinds(work) if kind.kept_apart]
        return [ScopeEntry(role=r.code, stem=stem, scope=scope_now(rules, r.code, stem)) for r in roles for stem in stems]

    @put("/", opt={"permission": MANAGE, "proved": True}, operation_id="SetScopes", status_code=200)
    async def set_scopes(self, request: AnyRequest, work: NamedDependency[Work], data: JSONBody[list[ScopeEntry]]) -> list[ScopeEntry]:
        """Set the scopes that are sent; others stay."""
        roles = [role.code for role in await roles_of(request, work)]
        await set_scopes(work, {(entry.role, entry.stem): entry.scope for entry in data}, roles)
        return data

    @get("/fields", opt={"permission": MANAGE}, operation_id="ListFieldRights")
    async def list_fields(self, work: NamedDependency[Work], stem: FromQuery[str]) -> list[FieldEntry]:
        """Fields of one kind that are limited for a role."""
        rules = await field_rules(work, stem)
        return [FieldEntry(role=role, field=name, right=right) for (role, name), right in sorted(rules.items())]

    @put("/fields", opt={"permission": MANAGE, "proved": True}, operation_id="SetFieldRights", status_code=200)
    async def set_fields(
        self, request: AnyRequest, work: NamedDependency[Work], data: JSONBody[list[FieldEntry]], stem: FromQuery[str]
    ) -> list[FieldEntry]:
        """Set the rights that are sent; others stay."""
        roles = [role.code for role in await roles_of(request, work)]
        await set_field_rules(work, stem, {(entry.role, entry.field): entry.right for entry in data}, roles)
        return data


class EmployeePersonController(Controller):
    path = "/employees/{employee_id:uuid}/person"
    tags = ("Rights",)

    @put("/", opt={"permission": MEMBERS}, operation_id="SetEmployeePerson", status_code=200)
    async def set_person(
        self, request: AnyRequest, work: NamedDependency[Work], employee_id: FromPath[UUID], data: JSONBody[PersonEntry]
    ) -> PersonEntry:
        """Say which member an employee is.  409 ``person_taken`` when the member is another employee."""
        if data.person_id is not None:
            async with house_of(request).database.registry_session() as session:
                await get_member(session, work.tenant.id, data.person_id)
        employee = await set_person(work, employee_id, data.person_id)
        return PersonEntry(person_id=employee.person_id)
