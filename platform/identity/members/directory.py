"""Who belongs to the company at hand, for parts of the platform that tell members something or wait for them.

Members stand in schema ``public``, which a company's own transaction cannot reach; they are read beside it, once in each
unit of work.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from identity.roles.patterns import select_known
from kernel.database import Database
from kernel.work import Actor, Work
from tenancy.rules import declared_permissions

_MEMBERS = """
    SELECT p.id, p.name, p.email, p.locale, p.verified_at IS NOT NULL AS verified, m.roles,
           ARRAY(SELECT array_to_string(r.permissions, ',') FROM identity_role r
                 WHERE r.tenant_id = m.tenant_id AND r.code = ANY (m.roles) ORDER BY r.code) AS grants
    FROM identity_member m JOIN identity_person p ON p.id = m.person_id
    WHERE m.tenant_id = $1 AND p.disabled_at IS NULL
    ORDER BY p.name, p.id LIMIT 2000
"""

_ROLES = "SELECT code, label FROM identity_role WHERE tenant_id = $1 ORDER BY code LIMIT 500"


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """A member of the company.  ``grants`` are the patterns of their roles."""

    person_id: UUID
    name: str
    email: str
    locale: str
    verified: bool
    roles: frozenset[str]
    grants: tuple[str, ...] = ()


async def colleagues(work: Work) -> Mapping[UUID, Colleague]:
    """The members by their person's id, in the order of their names; nobody while a company is being opened."""
    known: Mapping[UUID, Colleague] | None = work.session.info.get("colleagues")
    if known is None:
        known = work.session.info["colleagues"] = await _read(work)
    return known


def as_colleague(work: Work, colleague: Colleague) -> Work:
    """The same unit of work, with the rights of another member: to find out what they may see."""
    known = declared_permissions({hook: [c.item for c in work.contributions(hook)] for hook in ("permissions", "resources")})
    actor = Actor(
        id=colleague.person_id,
        name=colleague.name,
        email=colleague.email,
        roles=colleague.roles,
        permissions=select_known(colleague.grants, frozenset(known)),
    )
    return replace(work, actor=actor)


async def company_roles(work: Work) -> Mapping[str, str]:
    """The roles of the company, its own among them, by code; their labels are English messages or what the company wrote."""
    known: Mapping[str, str] | None = work.session.info.get("company_roles")
    if known is None:
        database: Database | None = work.session.info.get("database")
        rows = await database.registry_rows(_ROLES, work.tenant.id) if database is not None else ()
        known = work.session.info["company_roles"] = {row["code"]: row["label"] for row in rows}
    return known


async def _read(work: Work) -> Mapping[UUID, Colleague]:
    database: Database | None = work.session.info.get("database")
    if database is None:
        return {}
    found = {}
    for row in await database.registry_rows(_MEMBERS, work.tenant.id):
        person_id = UUID(int=row["id"].int)  # the driver's UUID is a class of its own
        found[person_id] = Colleague(
            person_id=person_id,
            name=row["name"],
            email=row["email"],
            locale=row["locale"],
            verified=row["verified"],
            roles=frozenset(row["roles"]),
            grants=tuple(row["grants"] or ()),
        )
    return found
