"""Pages of members and invitations."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK

from identity.access import must_be_signed_in, tenant_of, visitor_of
from identity.addresses import go_to
from identity.forms import read_form
from identity.house import house_of
from identity.members import invitations, service
from identity.roles.catalogue import known_codes
from identity.roles.service import list_givable, list_roles
from identity.signin.answers import note, sign_in
from identity.throttle.service import clear_attempts, count_attempt, sign_in_limits
from kernel import i18n
from kernel.errors import DomainError, NotFound
from kernel.web import PUBLIC, FormRefused, page
from kernel.work import Work

MANAGE = "admin.member.manage"
LIST = "/settings/members"


class MemberPages(Controller):
    """Who works here, in which roles."""

    path = LIST
    include_in_schema = False

    @get("/", opt={"permission": MANAGE})
    async def show(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Template:
        return page("identity/members.html", **await _list(request, work), errors={}, values={})

    @post("/invite", opt={"permission": MANAGE, "interactive": True}, status_code=HTTP_200_OK)
    async def invite(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Response[Any]:
        form, house, who = await read_form(request), house_of(request), must_be_signed_in(request)
        address = house.settings.tenant_url(work.tenant.slug, "/invitation/")
        try:
            async with house.database.registry_session() as session:
                await invitations.invite(work, session, who, form.text("email"), form.many("roles"), address=address, catalog=house.catalog)
        except DomainError as error:
            values = {**form.shown_again(), "roles": form.many("roles")}
            raise FormRefused.because(error, "identity/members.html", values=values, **await _list(request, work)) from error
        return go_to(request, LIST)

    @post("/invitations/{invitation_id:uuid}/revoke", opt={"permission": MANAGE, "interactive": True}, status_code=HTTP_200_OK)
    async def revoke(self, request: Request[Any, Any, Any], work: NamedDependency[Work], invitation_id: FromPath[UUID]) -> Response[Any]:
        house, who = house_of(request), must_be_signed_in(request)
        async with house.database.registry_session() as session:
            await invitations.revoke(work, session, who, invitation_id, house.catalog)
        return go_to(request, LIST)

    @get("/{person_id:uuid}", opt={"permission": MANAGE})
    async def edit(self, request: Request[Any, Any, Any], work: NamedDependency[Work], person_id: FromPath[UUID]) -> Template:
        return page("identity/member.html", **await _one(request, work, person_id), errors={})

    @post("/{person_id:uuid}", opt={"permission": MANAGE, "interactive": True, "proved": True}, status_code=HTTP_200_OK)
    async def change(self, request: Request[Any, Any, Any], work: NamedDependency[Work], person_id: FromPath[UUID]) -> Response[Any]:
        form, house, who = await read_form(request), house_of(request), must_be_signed_in(request)
        try:
            async with house.database.registry_session() as session:
                await service.change_roles(work, session, who, person_id, form.many("roles"), house.catalog)
        except NotFound:
            raise
        except DomainError as error:
            context = {**await _one(request, work, person_id), "chosen": form.many("roles")}
            raise FormRefused.because(error, "identity/member.html", values={}, **context) from error
        return go_to(request, LIST)

    @post("/{person_id:uuid}/remove", opt={"permission": MANAGE, "interactive": True, "proved": True}, status_code=HTTP_200_OK)
    async def remove(self, request: Request[Any, Any, Any], work: NamedDependency[Work], person_id: FromPath[UUID]) -> Response[Any]:
        house, who = house_of(request), must_be_signed_in(request)
        async with house.database.registry_session() as session:
            await service.remove_member(work, session, who, person_id, house.catalog)
        return go_to(request, LIST)


class InvitationPages(Controller):
    """What an invited person sees, on the company's host."""

    path = "/invitation/{secret:str}"
    include_in_schema = False

    @get("/", opt={"permission": PUBLIC})
    async def show(self, request: Request[Any, Any, Any], secret: FromPath[str]) -> Template:
        """Looking accepts nothing: mail scanners open links, people press buttons."""
        return page("identity/invitation.html", **await _invitation(request, secret), errors={}, values={})

    @post("/", opt={"permission": PUBLIC}, status_code=HTTP_200_OK)
    async def accept(self, request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[Any]:
        form, house, tenant = await read_form(request), house_of(request), tenant_of(request)
        if tenant is None:
            raise invitations.refused()
        context = await _invitation(request, secret)
        limits = sign_in_limits(context["invitation"].email, visitor_of(request).ip)
        try:
            await count_attempt(house.database, limits)
            async with house.database.registry_session() as session:
                person, row = await invitations.accept(
                    session, tenant.id, secret, name=form.text("name"), password=form.secret("password"), locale=i18n.locale()
                )
        except invitations.InvitationRefused:
            raise
        except DomainError as error:
            raise FormRefused.because(error, "identity/invitation.html", values=form.shown_again(), **context) from error
        await clear_attempts(house.database, limits)
        facts = {"roles": list(row.roles)}
        await note(request, person, "invitation.accepted", f"invitation:{row.id}", name=row.email, after=facts)
        return await sign_in(request, person)


async def _invitation(request: Request[Any, Any, Any], secret: str) -> dict[str, Any]:
    tenant, house = tenant_of(request), house_of(request)
    if tenant is None:
        raise invitations.refused()
    async with house.database.registry_session() as session:
        opened = await invitations.open_invitation(session, tenant.id, secret)
    return {"invitation": opened, "company": tenant, "secret": secret}


async def _list(request: Request[Any, Any, Any], work: Work) -> dict[str, Any]:
    house, who = house_of(request), must_be_signed_in(request)
    async with house.database.registry_session() as session:
        members = await service.list_members(session, work.tenant.id)
        roles = await list_roles(session, work.tenant.id, known_codes(house.catalog, work.tenant.enabled))
        waiting = await invitations.list_waiting(session, work.tenant.id)
        codes = await list_givable(session, work.tenant.id, who, house.catalog)
    return {
        "members": members,
        "roles": roles,
        "labels": {role.code: role.label for role in roles},
        "waiting": waiting,
        "givable_pairs": [(role.code, role.label) for role in roles if role.code in codes],
        "who": who,
    }


async def _one(request: Request[Any, Any, Any], work: Work, person_id: UUID) -> dict[str, Any]:
    house, who = house_of(request), must_be_signed_in(request)
    async with house.database.registry_session() as session:
        member = await service.get_member(session, work.tenant.id, person_id)
        roles = await list_roles(session, work.tenant.id, known_codes(house.catalog, work.tenant.enabled))
        givable = await list_givable(session, work.tenant.id, who, house.catalog)
    return {"member": member, "roles": roles, "givable": givable, "chosen": list(member.roles), "who": who}
