"""Who makes a request, as the middleware found out and as handlers ask for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection

from identity.sessions.service import PROOF, Visitor
from kernel import clock
from kernel.work import Actor, Tenant

AnyConnection = ASGIConnection[Any, Any, Any, Any]


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person at work: by a browser's session, or through a program with one of their tokens.

    On a company's host the person is a member of it; ``permissions`` are what their roles, or the token's scopes, give
    of what the company has.  On the platform's own host nobody holds permissions.
    """

    person_id: UUID
    name: str
    email: str
    locale: str
    verified: bool
    permissions: frozenset[str] = frozenset()
    roles: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None
    session_id: UUID | None = None
    token_id: UUID | None = None
    proved_at: datetime | None = None

    @property
    def by_token(self) -> bool:
        return self.token_id is not None

    @property
    def just_proved(self) -> bool:
        """Whether the password was shown a short while ago."""
        return self.proved_at is not None and self.proved_at > clock.now() - PROOF

    def actor(self) -> Actor:
        kind = "token" if self.by_token else "person"
        return Actor(
            id=self.person_id,
            name=self.name,
            email=self.email,
            permissions=self.permissions,
            roles=frozenset(self.roles),
            kind=kind,  # type: ignore[arg-type]
        )


def signed_in(connection: AnyConnection) -> SignedIn | None:
    """Who is signed in on this host; None for a stranger."""
    found: SignedIn | None = connection.scope["state"].get("signed_in")
    return found


def must_be_signed_in(connection: AnyConnection) -> SignedIn:
    """Who is signed in, where the guard has already refused strangers."""
    found = signed_in(connection)
    if found is None:
        raise LookupError("the handler is open to strangers")
    return found


def tenant_of(connection: AnyConnection) -> Tenant | None:
    """The company whose host was asked; None on the platform's own."""
    found: Tenant | None = connection.scope["state"].get("tenant")
    return found


def visitor_of(connection: AnyConnection) -> Visitor:
    client = connection.client
    return Visitor(ip=client.host if client else "", agent=connection.headers.get("user-agent", ""))
