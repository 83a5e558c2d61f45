"""REST API of members and invitations, and of who is asking."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_201_CREATED

from identity.access import must_be_signed_in
from identity.house import house_of
from identity.members import invitations, service
from identity.members.service import MemberView
from kernel.web import SIGNED_IN
from kernel.work import Work

MANAGE = "admin.member.manage"


class MemberRead(msgspec.Struct, kw_only=True):
    person_id: UUID
    name: str
    email: str
    verified: bool
    roles: list[str]
    joined_at: datetime

    @classmethod
    def of(cls, member: MemberView) -> "MemberRead":
        return cls(
            person_id=member.person_id,
            name=member.name,
            email=member.email,
            verified=member.verified,
            roles=list(member.roles),
            joined_at=member.joined_at,
        )


class MemberRoles(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    roles: list[str]


class InvitationWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    email: str
    roles: list[str]


class InvitationRead(msgspec.Struct, kw_only=True):
    id: UUID
    email: str
    roles: list[str]
    expires_at: datetime
    expired: bool


class Me(msgspec.Struct, kw_only=True):
    """Who is asking, in which company, and what they may do."""

    person_id: UUID
    name: str
    email: str
    verified: bool
    company: str
    slug: str
    roles: list[str]
    permissions: list[str]
    by_token: bool


class MemberController(Controller):
    path = "/members"
    tags = ["Members"]  # noqa: RUF012 - Litestar's way

    @get("/", opt={"permission": MANAGE}, operation_id="ListMembers")
    async def list_members(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> list[MemberRead]:
        """All members of the company."""
        async with house_of(request).database.registry_session() as session:
            return [MemberRead.of(member) for member in await service.list_members(session, work.tenant.id)]

    @get("/{person_id:uuid}", opt={"permission": MANAGE}, operation_id="GetMember")
    async def read(self, request: Request[Any, Any, Any], work: NamedDependency[Work], person_id: FromPath[UUID]) -> MemberRead:
        """One member."""
        async with house_of(request).database.registry_session() as session:
            return MemberRead.of(await service.get_member(session, work.tenant.id, person_id))

    @put("/{person_id:uuid}/roles", opt={"permission": MANAGE, "proved": True}, operation_id="ChangeMemberRoles")
    async def change(
        self, request: Request[Any, Any, Any], work: NamedDependency[Work], person_id: FromPath[UUID], data: JSONBody[MemberRoles]
    ) -> MemberRead:
        """Give a member other roles.  403 ``grant_refused``: they allow more than you may do.  409 ``last_owner``."""
        house, who = house_of(request), must_be_signed_in(request)
        async with house.database.registry_session() as session:
            return MemberRead.of(await service.change_roles(work, session, who, person_id, data.roles, house.catalog))

    @delete("/{person_id:uuid}", opt={"permission": MANAGE, "proved": True}, operation_id="RemoveMember")
    async def remove(self, request: Request[Any, Any, Any], work: NamedDependency[Work], person_id: FromPath[UUID]) -> None:
        """End a membership, its sessions and tokens.  409 ``last_owner``."""
        house, who = house_of(request), must_be_signed_in(request)
        async with house.database.registry_session() as session:
            await service.remove_member(work, session, who, person_id, house.catalog)


class InvitationController(Controller):
    path = "/invitations"
    tags = ["Members"]  # noqa: RUF012 - Litestar's way

    @get("/", opt={"permission": MANAGE}, operation_id="ListInvitations")
    async def list_waiting(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> list[InvitationRead]:
        """Invitations that nobody accepted or revoked."""
        async with house_of(request).database.registry_session() as session:
            found = await invitations.list_waiting(session, work.tenant.id)
        return [InvitationRead(id=i.id, email=i.email, roles=list(i.roles), expires_at=i.expires_at, expired=i.expired) for i in found]

    @post("/", opt={"permission": MANAGE}, operation_id="Invite")
    async def invite(
        self, request: Request[Any, Any, Any], work: NamedDependency[Work], data: JSONBody[InvitationWrite]
    ) -> Response[InvitationRead]:
        """Send an invitation.  The link goes by mail only."""
        house, who = house_of(request), must_be_signed_in(request)
        address = house.settings.tenant_url(work.tenant.slug, "/invitation/")
        async with house.database.registry_session() as session:
            row = await invitations.invite(work, session, who, data.email, data.roles, address=address, catalog=house.catalog)
        body = InvitationRead(id=row.id, email=row.email, roles=list(row.roles), expires_at=row.expires_at, expired=False)
        return Response(body, status_code=HTTP_201_CREATED)

    @delete("/{invitation_id:uuid}", opt={"permission": MANAGE}, operation_id="RevokeInvitation")
    async def revoke(self, request: Request[Any, Any, Any], work: NamedDependency[Work], invitation_id: FromPath[UUID]) -> None:
        """The link stops working."""
        house, who = house_of(request), must_be_signed_in(request)
        async with house.database.registry_session() as session:
            await invitations.revoke(work, session, who, invitation_id, house.catalog)


class MeController(Controller):
    path = "/me"
    tags = ["Members"]  # noqa: RUF012 - Litestar's way

    @get("/", opt={"permission": SIGNED_IN}, operation_id="GetMe")
    async def read(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Me:
        """Who the session or token belongs to, and what it may do."""
        who = must_be_signed_in(request)
        return Me(
            person_id=who.person_id,
            name=who.name,
            email=who.email,
            verified=who.verified,
            company=work.tenant.name,
            slug=work.tenant.slug,
            roles=list(who.roles),
            permissions=sorted(who.permissions),
            by_token=who.by_token,
        )
