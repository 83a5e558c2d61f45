"""REST API of one's own API tokens.  A token cannot make or revoke tokens: that takes a person."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from identity.access import must_be_signed_in
from identity.house import house_of
from identity.tokens import service
from identity.tokens.model import ApiToken
from kernel.web import SIGNED_IN
from kernel.work import Work

DAYS_DEFAULT = 90


class TokenWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: str
    scopes: list[str]
    days: int = DAYS_DEFAULT


class TokenRead(msgspec.Struct, kw_only=True):
    """``display`` is the token's beginning, to tell it from others."""

    id: UUID
    name: str
    display: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, row: ApiToken) -> "TokenRead":
        return cls(
            id=row.id,
            name=row.name,
            display=row.display,
            scopes=list(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
        )


class TokenMade(msgspec.Struct, kw_only=True):
    """``secret`` is shown this once."""

    secret: str
    token: TokenRead


class TokenController(Controller):
    path = "/tokens"
    tags = ["API tokens"]  # noqa: RUF012 - Litestar's way

    @get("/", opt={"permission": SIGNED_IN}, operation_id="ListTokens")
    async def list_tokens(self, request: Request[Any, Any, Any], work: NamedDependency[Work]) -> list[TokenRead]:
        """One's own tokens in this company."""
        who = must_be_signed_in(request)
        async with house_of(request).database.registry_session() as session:
            return [TokenRead.of(row) for row in await service.list_tokens(session, work.tenant.id, who.person_id)]

    @post("/", opt={"permission": SIGNED_IN, "interactive": True, "proved": True}, operation_id="CreateToken")
    async def create(self, request: Request[Any, Any, Any], work: NamedDependency[Work], data: JSONBody[TokenWrite]) -> TokenMade:
        """A token with some of one's own permissions."""
        who = must_be_signed_in(request)
        async with house_of(request).database.registry_session() as session:
            secret, row = await service.create_token(work, session, who, data.name, data.scopes, days=data.days)
        return TokenMade(secret=secret, token=TokenRead.of(row))

    @delete("/{token_id:uuid}", opt={"permission": SIGNED_IN, "interactive": True}, operation_id="RevokeToken")
    async def revoke(self, request: Request[Any, Any, Any], work: NamedDependency[Work], token_id: FromPath[UUID]) -> None:
        """The token stops working at once."""
        who = must_be_signed_in(request)
        async with house_of(request).database.registry_session() as session:
            await service.revoke_token(work, session, who, token_id)
