"""From a cookie or a bearer token to a person, by one indexed query."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from identity.access import SignedIn
from identity.opaque import digest
from identity.roles.catalogue import known_codes
from identity.roles.patterns import select_known
from identity.sessions.service import IDLE
from identity.tokens.service import is_well_formed
from kernel import clock
from kernel.database import Database
from kernel.work import Tenant
from tenancy.catalog import Catalog

TOUCH_AFTER_S = 60

_ROLES = """
    ARRAY(SELECT array_to_string(r.permissions, ',') FROM identity_role r
          WHERE r.tenant_id = m.tenant_id AND r.code = ANY (m.roles) ORDER BY r.code) AS grants
"""
# A session of a company's host counts only while the person is a member of that company.
_SESSION = f"""
    SELECT s.id AS session_id, s.proved_at, s.seen_at, p.id AS person_id, p.name, p.email, p.locale, p.verified_at IS NOT NULL AS verified,
           m.roles, {_ROLES}
    FROM identity_session s
    JOIN identity_person p ON p.id = s.person_id
    LEFT JOIN identity_member m ON m.tenant_id = s.tenant_id AND m.person_id = s.person_id
    WHERE s.digest = $1 AND s.tenant_id IS NOT DISTINCT FROM $2::integer
      AND s.expires_at > $3 AND s.seen_at > $4 AND p.disabled_at IS NULL
      AND (s.tenant_id IS NULL OR m.person_id IS NOT NULL)
"""  # noqa: S608 - no input in it
_TOKEN = f"""
    SELECT t.id AS token_id, t.scopes, t.used_at, p.id AS person_id, p.name, p.email, p.locale, p.verified_at IS NOT NULL AS verified,
           m.roles, {_ROLES}
    FROM identity_api_token t
    JOIN identity_person p ON p.id = t.person_id
    JOIN identity_member m ON m.tenant_id = t.tenant_id AND m.person_id = t.person_id
    WHERE t.digest = $1 AND t.tenant_id = $2 AND t.expires_at > $3 AND p.disabled_at IS NULL
"""  # noqa: S608 - no input in it
_TOUCH_SESSION = text("UPDATE identity_session SET seen_at = :now WHERE id = :id AND seen_at < :now")
_TOUCH_TOKEN = text("UPDATE identity_api_token SET used_at = :now WHERE id = :id")


async def by_session(database: Database, secret: str, tenant: Tenant | None, catalog: Catalog) -> SignedIn | None:
    """Who holds the session cookie ``secret`` on this host."""
    now = clock.now()
    row = await database.registry_row(_SESSION, digest(secret), tenant.id if tenant else None, now, now - IDLE)
    if row is None:
        return None
    session_id = _uuid(row["session_id"])
    if (now - row["seen_at"]).total_seconds() > TOUCH_AFTER_S:
        await _touch(database, _TOUCH_SESSION, session_id)
    return _signed_in(row, tenant, catalog, session_id=session_id, proved_at=row["proved_at"])


async def by_token(database: Database, secret: str, tenant: Tenant, catalog: Catalog) -> SignedIn | None:
    """Whose token ``secret`` is, in this company."""
    if not is_well_formed(secret):
        return None
    now = clock.now()
    row = await database.registry_row(_TOKEN, digest(secret), tenant.id, now)
    if row is None:
        return None
    token_id = _uuid(row["token_id"])
    if row["used_at"] is None or (now - row["used_at"]).total_seconds() > TOUCH_AFTER_S:
        await _touch(database, _TOUCH_TOKEN, token_id)
    return _signed_in(row, tenant, catalog, token_id=token_id, scopes=frozenset(row["scopes"]))


async def _touch(database: Database, statement: TextClause, row_id: UUID) -> None:
    async with database.registry_session() as session:
        await session.execute(statement, {"now": clock.now(), "id": row_id})


def _signed_in(
    row: Mapping[str, Any], tenant: Tenant | None, catalog: Catalog, *, scopes: frozenset[str] | None = None, **more: Any
) -> SignedIn:
    grants = tuple(row["grants"] or ())
    permissions = select_known(grants, known_codes(catalog, tenant.enabled)) if tenant else frozenset()
    return SignedIn(
        person_id=_uuid(row["person_id"]),
        name=row["name"],
        email=row["email"],
        locale=row["locale"],
        verified=row["verified"],
        permissions=permissions if scopes is None else permissions & scopes,
        roles=tuple(row["roles"] or ()),
        grants=grants,
        scopes=scopes,
        **more,
    )


def _uuid(value: UUID) -> UUID:
    """The driver's UUID is a class of its own, which not every serialiser takes."""
    return UUID(int=value.int)
