"""From a cookie or a bearer token to a person, by one indexed query."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from identity.access import SignedIn
from identity.opaque import digest
from identity.roles.catalogue import known_codes
from identity.roles.patterns import select_known
from identity.sessions.service import IDLE
from kernel import clock
from kernel.work import Tenant
from tenancy.catalog import Catalog

TOUCH_AFTER_S = 60

_ROLES = """
    ARRAY(SELECT array_to_string(r.permissions, ',') FROM identity_role r
          WHERE r.tenant_id = m.tenant_id AND r.code = ANY (m.roles) ORDER BY r.code) AS grants
"""
# A session of a company's host counts only while the person is a member of that company.
_SESSION = text(f"""
    SELECT s.id AS session_id, s.proved_at, s.seen_at, p.id AS person_id, p.name, p.email, p.locale, p.verified_at IS NOT NULL AS verified,
           m.roles, {_ROLES}
    FROM identity_session s
    JOIN identity_person p ON p.id = s.person_id
    LEFT JOIN identity_member m ON m.tenant_id = s.tenant_id AND m.person_id = s.person_id
    WHERE s.digest = :digest AND s.tenant_id IS NOT DISTINCT FROM CAST(:tenant AS integer)
      AND s.expires_at > :now AND s.seen_at > :idle_since AND p.disabled_at IS NULL
      AND (s.tenant_id IS NULL OR m.person_id IS NOT NULL)
""")  # noqa: S608 - no input in it
_TOKEN = text(f"""
    SELECT t.id AS token_id, t.scopes, t.used_at, p.id AS person_id, p.name, p.email, p.locale, p.verified_at IS NOT NULL AS verified,
           m.roles, {_ROLES}
    FROM identity_api_token t
    JOIN identity_person p ON p.id = t.person_id
    JOIN identity_member m ON m.tenant_id = t.tenant_id AND m.person_id = t.person_id
    WHERE t.digest = :digest AND t.tenant_id = :tenant AND t.expires_at > :now AND p.disabled_at IS NULL
""")  # noqa: S608 - no input in it
_TOUCH_SESSION = text("UPDATE identity_session SET seen_at = :now WHERE id = :id AND seen_at < :now")
_TOUCH_TOKEN = text("UPDATE identity_api_token SET used_at = :now WHERE id = :id")


async def by_session(session: AsyncSession, secret: str, tenant: Tenant | None, catalog: Catalog) -> SignedIn | None:
    """Who holds the session cookie ``secret`` on this host."""
    now = clock.now()
    values = {"digest": digest(secret), "tenant": tenant.id if tenant else None, "now": now, "idle_since": now - IDLE}
    row = (await session.execute(_SESSION, values)).one_or_none()
    if row is None:
        return None
    if (now - row.seen_at).total_seconds() > TOUCH_AFTER_S:
        await session.execute(_TOUCH_SESSION, {"now": now, "id": row.session_id})
    return _signed_in(row, tenant, catalog, session_id=row.session_id, proved_at=row.proved_at)


async def by_token(session: AsyncSession, secret: str, tenant: Tenant, catalog: Catalog) -> SignedIn | None:
    """Whose token ``secret`` is, in this company."""
    now = clock.now()
    row = (await session.execute(_TOKEN, {"digest": digest(secret), "tenant": tenant.id, "now": now})).one_or_none()
    if row is None:
        return None
    if row.used_at is None or (now - row.used_at).total_seconds() > TOUCH_AFTER_S:
        await session.execute(_TOUCH_TOKEN, {"now": now, "id": row.token_id})
    return _signed_in(row, tenant, catalog, token_id=row.token_id, scopes=frozenset(row.scopes))


def _signed_in(row: Any, tenant: Tenant | None, catalog: Catalog, *, scopes: frozenset[str] | None = None, **more: Any) -> SignedIn:
    grants = tuple(row.grants or ())
    permissions = select_known(grants, known_codes(catalog, tenant.enabled)) if tenant else frozenset()
    return SignedIn(
        person_id=row.person_id,
        name=row.name,
        email=row.email,
        locale=row.locale,
        verified=row.verified,
        permissions=permissions if scopes is None else permissions & scopes,
        roles=tuple(row.roles or ()),
        grants=grants,
        scopes=scopes,
        **more,
    )
