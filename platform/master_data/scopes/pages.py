"""Settings: which records and which fields a role sees, and which member an employee is."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from identity.house import house_of
from identity.members.service import list_members
from identity.roles.service import RoleView, list_roles
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.orm import detached
from kernel.web import FormRefused, page
from kernel.work import Work
from master_data.organisation.model import Employee
from master_data.scopes.model import FieldRight, Scope
from master_data.scopes.rights import OWNER
from master_data.scopes.rules import field_rules, kinds, scope_now, scope_rules, set_field_rules, set_scopes
from master_data.scopes.staff import EmployeeNotFound, set_person
from master_data.scopes.words import right_options, scope_options

MANAGE = "admin.role.manage"
WRITE = {"permission": MANAGE, "interactive": True, "proved": True}
MEMBERS = "admin.member.manage"
SCOPES, FIELDS, ACCOUNT = "master_data/scopes.html", "master_data/field_rights.html", "master_data/employee_account.html"

AnyRequest = Request[Any, Any, Any]


class ScopePages(Controller):
    path = "/settings/scopes"
    include_in_schema = False

    @get("/", opt={"permission": MANAGE})
    async def show(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        return page(SCOPES, **await _scopes(request, work), errors={})

    @post("/", opt=WRITE)
    async def save(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form, roles = await request.form(), await roles_of(request, work)
        changes = {place: Scope(value) for place, value in _cells(form) if value in set(Scope)}
        try:
            await set_scopes(work, changes, [role.code for role in roles])
        except DomainError as error:
            raise FormRefused.because(error, SCOPES, values={}, **await _scopes(request, work)) from error
        return Redirect(self.path, status_code=303)


class FieldRightPages(Controller):
    path = "/settings/field-rights"
    include_in_schema = False

    @get("/", opt={"permission": MANAGE})
    async def show(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """The fields of one kind; ``?kind=master.party`` says which, ``&role=sales`` leaves one role."""
        asked = request.query_params
        return page(FIELDS, **await _fields(request, work, asked.get("kind", ""), asked.get("role", "")), errors={})

    @post("/", opt=WRITE)
    async def save(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form, roles = await request.form(), await roles_of(request, work)
        stem, role = str(form.get("kind", "")), str(form.get("role", ""))
        changes = {place: FieldRight(value) for place, value in _cells(form) if value in set(FieldRight)}
        try:
            await set_field_rules(work, stem, changes, [role.code for role in roles])
        except DomainError as error:
            raise FormRefused.because(error, FIELDS, values={}, **await _fields(request, work, stem, role)) from error
        return Redirect(f"{self.path}?{urlencode({'kind': stem, 'role': role})}", status_code=303)


class EmployeeAccountPages(Controller):
    path = "/employees/{employee_id:uuid}/account"
    include_in_schema = False

    @get("/", opt={"permission": MEMBERS})
    async def show(self, request: AnyRequest, work: NamedDependency[Work], employee_id: FromPath[UUID]) -> Template:
        return page(ACCOUNT, **await _account(request, work, employee_id), errors={})

    @post("/", opt={"permission": MEMBERS, "interactive": True})
    async def save(self, request: AnyRequest, work: NamedDependency[Work], employee_id: FromPath[UUID]) -> Redirect:
        context = await _account(request, work, employee_id)
        chosen = str((await request.form()).get("person_id", ""))
        try:
            await set_person(work, employee_id, next((m.person_id for m in context["members"] if str(m.person_id) == chosen), None))
        except DomainError as error:
            raise FormRefused.because(error, ACCOUNT, values={"person_id": chosen}, **context) from error
        return Redirect(f"/employees/{employee_id}", status_code=303)


async def roles_of(request: AnyRequest, work: Work) -> list[RoleView]:
    """The company's roles that may be limited: all but the owner's."""
    async with house_of(request).database.registry_session() as session:
        return [role for role in await list_roles(session, work.tenant.id, frozenset()) if role.code != OWNER]


def _cells(form: Any) -> list[tuple[tuple[str, str], str]]:
    """Cells of a matrix: ``<role>|<stem or field>`` and what was chosen."""
    return [((role, what), str(value)) for name, value in form.multi_items() if "|" in name for role, what in [name.split("|", 1)]]


async def _scopes(request: AnyRequest, work: Work) -> dict[str, Any]:
    rules, roles = await scope_rules(work), await roles_of(request, work)
    shown = [kind for kind in kinds(work) if kind.kept_apart]
    chosen: Mapping[tuple[str, str], str] = {(r.code, k.stem): scope_now(rules, r.code, k.stem).value for r in roles for k in shown}
    return {"roles": roles, "kinds": shown, "chosen": chosen, "options": scope_options()}


async def _fields(request: AnyRequest, work: Work, stem: str, code: str) -> dict[str, Any]:
    offered, roles = kinds(work), await roles_of(request, work)
    kind = next((kind for kind in offered if kind.stem == stem), offered[0])
    rules = await field_rules(work, kind.stem)
    chosen = {place: right.value for place, right in rules.items()}
    return {
        "all_roles": roles,
        "role": code,
        "roles": [role for role in roles if role.code == code] or roles,
        "kinds": offered,
        "kind": kind,
        "chosen": chosen,
        "options": right_options(),
    }


async def _account(request: AnyRequest, work: Work, employee_id: UUID) -> dict[str, Any]:
    employee = await work.session.get(Employee, employee_id)
    if employee is None:
        raise EmployeeNotFound(_("There is no such employee any more."))
    async with house_of(request).database.registry_session() as session:
        members = await list_members(session, work.tenant.id)
    [employee] = detached(work.session, [employee])
    return {"employee": employee, "members": members, "values": {"person_id": employee.person_id}}
