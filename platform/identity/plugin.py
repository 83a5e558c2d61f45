"""What identity contributes: permissions, roles, menu entries, API, pages, and the audit log's table."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from identity import upkeep  # noqa: F401 - declares its job
from identity.account.pages import AccountPages, TokenPages
from identity.audit.api import AuditController
from identity.audit.model import AuditEntry
from identity.audit.pages import AuditPages
from identity.members.api import InvitationController, MeController, MemberController
from identity.members.pages import InvitationPages, MemberPages
from identity.roles.api import RoleController
from identity.roles.builtin import BUILTIN
from identity.roles.pages import RolePages
from identity.signin.handoff import HandoffPages
from identity.signin.pages import AddressPages, PasswordPages, SignInPages
from identity.signup.pages import SignUpPages
from identity.tokens.api import TokenController
from kernel.i18n import N_
from vertical import Manifest, Migrations, NavItem, Permission, Role, hookimpl


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="identity",
        version="1.0",
        title=N_("Administration"),
        summary=N_("Members, roles, API tokens and the audit log"),
        publisher="Jingwei",
        requires_api=">=1.0,<2",
        icon="users",
    )


@hookimpl
def models() -> Sequence[type]:
    return [AuditEntry]


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("identity") / "migrations")


@hookimpl
def permissions() -> Sequence[Permission]:
    return [
        Permission(code="admin.company.manage", label=N_("Change the company's name and address")),
        Permission(code="admin.member.manage", label=N_("Invite members, change their roles, remove them")),
        Permission(code="admin.role.manage", label=N_("Change roles and what they allow")),
        Permission(code="admin.audit.read", label=N_("Read the audit log")),
    ]


@hookimpl
def roles() -> Sequence[Role]:
    return BUILTIN


@hookimpl
def navigation() -> Sequence[NavItem]:
    return [
        NavItem(
            label=N_("Members"), path="/settings/members", section="settings", permission="admin.member.manage", icon="users", order=10
        ),
        NavItem(
            label=N_("Roles"), path="/settings/roles", section="settings", permission="admin.role.manage", icon="shield-lock", order=20
        ),
        NavItem(label=N_("Audit log"), path="/settings/audit", section="settings", permission="admin.audit.read", icon="history", order=60),
    ]


@hookimpl
def routes() -> Sequence[Any]:
    return [MemberController, InvitationController, MeController, RoleController, TokenController, AuditController]


@hookimpl
def pages() -> Sequence[Any]:
    return [
        SignUpPages,
        SignInPages,
        HandoffPages,
        AddressPages,
        PasswordPages,
        InvitationPages,
        AccountPages,
        TokenPages,
        MemberPages,
        RolePages,
        AuditPages,
    ]


@hookimpl
def templates() -> Traversable:
    return files("identity") / "templates"


@hookimpl
def translations() -> Traversable:
    return files("identity") / "locale"
