"""Making, checking and revoking API tokens.

``jw_pat_`` + 43 base62 digits of 256 random bits + 6 base62 digits of their CRC-32: secret scanners recognise a leaked one
without asking us.
"""

import re
import secrets
import string
import zlib
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity import audit
from identity.access import SignedIn
from identity.opaque import digest
from identity.tokens.model import ApiToken
from kernel import clock
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work

PREFIX = "jw_pat_"
DAYS_MAX = 366
PER_MEMBER_MAX = 50
NAME_LENGTH_MAX = 60

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{49}}")
_DISPLAYED = len(PREFIX) + 6


class TokenNotFound(NotFound):
    code = "token_not_found"


def mint() -> str:
    """A new token."""
    body = _base62(secrets.randbits(256), 43)
    return f"{PREFIX}{body}{_base62(zlib.crc32(body.encode()), 6)}"


def is_well_formed(token: str) -> bool:
    """Whether ``token`` could be one of ours; the database need not be asked about anything else."""
    if not _SHAPE.fullmatch(token):
        return False
    body = token[len(PREFIX) : -6]
    return token[-6:] == _base62(zlib.crc32(body.encode()), 6)


async def create_token(
    work: Work, session: AsyncSession, who: SignedIn, name: str, scopes: Collection[str], *, days: int
) -> tuple[str, ApiToken]:
    """A token for the person's own programs; the secret is in the answer and nowhere else.

    Raises:
        Invalid: no name, no or foreign permissions, or a life that is too long.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise Invalid(_("Enter a name of at most %(most)s characters.", most=NAME_LENGTH_MAX), field="name")
    if not 1 <= days <= DAYS_MAX:
        raise Invalid(_("Choose between 1 and %(most)s days.", most=DAYS_MAX), field="days")
    if not scopes:
        raise Invalid(_("Choose at least one permission."), field="scopes")
    if surplus := sorted(set(scopes) - who.permissions):
        raise Invalid(_("You cannot give %(code)s: you do not hold it yourself.", code=surplus[0]), field="scopes")
    mine = select(func.count()).select_from(ApiToken).where(ApiToken.tenant_id == work.tenant.id, ApiToken.person_id == who.person_id)
    if (await session.scalar(mine) or 0) >= PER_MEMBER_MAX:
        raise Conflict(_("You have %(most)s tokens already; revoke one first.", most=PER_MEMBER_MAX))
    secret = mint()
    row = ApiToken(
        tenant_id=work.tenant.id,
        person_id=who.person_id,
        name=name,
        display=secret[:_DISPLAYED],
        digest=digest(secret),
        scopes=sorted(set(scopes)),
        expires_at=clock.now() + timedelta(days=days),
    )
    session.add(row)
    await session.flush()
    facts = {"display": row.display, "scopes": row.scopes, "expires_at": row.expires_at.isoformat()}
    await audit.record(work, "token.created", f"token:{row.id}", name=name, after=facts)
    return secret, row


async def list_tokens(session: AsyncSession, tenant_id: int, person_id: UUID) -> list[ApiToken]:
    """The person's tokens in one company, the latest first."""
    query = select(ApiToken).where(ApiToken.tenant_id == tenant_id, ApiToken.person_id == person_id).order_by(ApiToken.created_at.desc())
    return list(await session.scalars(query.limit(PER_MEMBER_MAX)))


async def revoke_token(work: Work, session: AsyncSession, who: SignedIn, token_id: UUID) -> None:
    """
    Raises:
        TokenNotFound: none of this person's in this company.
    """
    mine = (ApiToken.id == token_id, ApiToken.tenant_id == work.tenant.id, ApiToken.person_id == who.person_id)
    name = await session.scalar(delete(ApiToken).where(*mine).returning(ApiToken.name))
    if name is None:
        raise TokenNotFound(_("There is no such token."))
    await audit.record(work, "token.revoked", f"token:{token_id}", name=name)


def _base62(number: int, width: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return digits.rjust(width, "0")
