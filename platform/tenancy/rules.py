"""What a vertical may and may not contribute, held by the host rather than by review."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from litestar import Controller
from litestar.handlers.base import BaseRouteHandler

import vertical
from kernel.events import Event
from kernel.orm import TenantBase
from kernel.web import PUBLIC, SIGNED_IN
from tenancy.migrate import script_directory

NAME = re.compile(r"[a-z][a-z0-9_]{2,23}")  # an Alembic revision, <name>_0001, has 32 characters at most

RESERVED = frozenset(
    (
        *("api", "static", "schema", "vertical", "kernel", "public", "platform", "health", "assets", "apps", "settings", "reports"),
        *("signin", "signup", "signout"),
    )
)
"""First segments of addresses, and names, that belong to the platform."""

RESOURCE_VERBS = ("read", "create", "update", "delete", "import", "export")

_TYPES: Mapping[str, type] = {
    "resources": vertical.Resource,
    "navigation": vertical.NavItem,
    "panels": vertical.Panel,
    "permissions": vertical.Permission,
    "roles": vertical.Role,
    "accounts": vertical.AccountTemplate,
    "posting_rules": vertical.PostingRule,
    "period_end_steps": vertical.PeriodEndStep,
    "period_end_checks": vertical.PeriodEndCheck,
    "invariants": vertical.Invariant,
    "document_types": vertical.DocumentType,
    "subscribers": vertical.Subscriber,
    "record_kinds": vertical.RecordKind,
    "notification_kinds": vertical.NotificationKind,
    "approval_kinds": vertical.ApprovalKind,
    "reports": vertical.Report,
    "widgets": vertical.Widget,
    "searchers": vertical.Searcher,
    "jobs": vertical.Job,
}

Lists = Mapping[str, Sequence[Any]]


class VerticalRefused(Exception):
    """The vertical broke a rule of the host; it is left out and the platform starts without it."""


def check_types(lists: Lists) -> None:
    """Each hook returned what its declaration says; tables are tenants' tables without a schema of their own."""
    for hook, kind in _TYPES.items():
        for item in lists.get(hook, ()):
            if not isinstance(item, kind):
                raise VerticalRefused(f"{hook}() returned {item!r}, not a {kind.__name__}")
    for model in lists.get("models", ()):
        if not (isinstance(model, type) and issubclass(model, TenantBase)):
            raise VerticalRefused(f"models() returned {model!r}, which is not derived from kernel.orm.TenantBase")
        if model.__table__.schema is not None:
            raise VerticalRefused(f"table {model.__tablename__!r} names a schema; the tenant decides it")
    for event in lists.get("events", ()):
        if not (isinstance(event, type) and issubclass(event, Event)):
            raise VerticalRefused(f"events() returned {event!r}, which is not derived from kernel.events.Event")
    for hook in ("routes", "pages"):
        for handler in lists.get(hook, ()):
            if not (isinstance(handler, BaseRouteHandler) or (isinstance(handler, type) and issubclass(handler, Controller))):
                raise VerticalRefused(f"{hook}() returned {handler!r}, which is neither a Controller nor a handler")


def check_prefixes(name: str, lists: Lists) -> None:
    """Everything a vertical owns carries its name, and each of its handlers asks for a permission it declares."""
    if name in RESERVED:
        raise VerticalRefused(f"the name {name!r} is reserved")
    dotted = f"{name}."
    owned: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("table", f"{name}_", (m.__tablename__ for m in lists.get("models", ()))),
        ("permission", dotted, (p.code for p in lists.get("permissions", ()))),
        ("permission of a resource", dotted, (r.permission for r in lists.get("resources", ()))),
        ("table of a resource", f"{name}_", (r.model.__tablename__ for r in lists.get("resources", ()))),
        ("role", dotted, (r.code for r in lists.get("roles", ()))),
        ("account", dotted, (a.key for a in lists.get("accounts", ()))),
        ("posting rule", dotted, (r.key for r in lists.get("posting_rules", ()))),
        ("period-end step", dotted, (s.key for s in lists.get("period_end_steps", ()))),
        ("period-end check", dotted, (c.key for c in lists.get("period_end_checks", ()))),
        ("invariant", dotted, (i.key for i in lists.get("invariants", ()))),
        ("document type", dotted, (d.key for d in lists.get("document_types", ()))),
        ("report", dotted, (r.key for r in lists.get("reports", ()))),
        ("widget", dotted, (w.key for w in lists.get("widgets", ()))),
        ("searcher", dotted, (s.key for s in lists.get("searchers", ()))),
        ("record kind", dotted, (k.stem for k in lists.get("record_kinds", ()))),
        ("notification kind", dotted, (k.key for k in lists.get("notification_kinds", ()))),
        ("approval kind", dotted, (k.key for k in lists.get("approval_kinds", ()))),
        ("job", dotted, (j.key for j in lists.get("jobs", ()))),
    )
    for kind, prefix, keys in owned:
        for key in keys:
            if not key.startswith(prefix):
                raise VerticalRefused(f"{kind} {key!r} must start with {prefix!r}")
    for item in lists.get("navigation", ()):
        if item.path != f"/{name}" and not item.path.startswith(f"/{name}/"):
            raise VerticalRefused(f"path {item.path!r} must be below '/{name}'")
    for kind in lists.get("record_kinds", ()):
        if not kind.path.startswith(f"/{name}/") or "{id}" not in kind.path:
            raise VerticalRefused(f"path {kind.path!r} of {kind.stem!r} must be below '/{name}' and hold '{{id}}'")
    modelled = set(lists.get("models", ()))
    for resource in lists.get("resources", ()):
        if resource.model not in modelled:
            raise VerticalRefused(f"resource {resource.permission!r} shows {resource.model.__name__}, which models() does not name")
    _check_permissions(name, lists)


def check_migrations(name: str, lists: Lists, singles: Mapping[str, Any]) -> None:
    """Tables need a history: one line of revisions ``<name>_0001``, ``<name>_0002`` ..."""
    history = singles.get("migrations")
    if history is None:
        if lists.get("models"):
            raise VerticalRefused("has models() but no migrations()")
        return
    try:
        script = script_directory(str(history.directory))
        revisions, heads = [script_.revision for script_ in script.walk_revisions()], script.get_heads()
    except Exception as error:
        raise VerticalRefused(f"its revisions cannot be read: {error!r}") from error
    if len(heads) != 1:
        raise VerticalRefused(f"migrations() must lead to one newest revision, not {len(heads)}")
    for revision in revisions:
        if not re.fullmatch(rf"{name}_\d{{4}}", revision):
            raise VerticalRefused(f"revision {revision!r} must be called {name}_0001, {name}_0002 and so on")


def check_foreign_keys(name: str, lists: Lists, allowed: Collection[str], taken: "Taken") -> None:
    """A foreign key points to the vertical's own tables, a core's, or those of a vertical it requires."""
    own = {m.__tablename__ for m in lists.get("models", ())}
    for model in lists.get("models", ()):
        for key in model.__table__.foreign_keys:
            target = key.target_fullname.rpartition(".")[0]
            if target not in own and taken.owner("table", target) not in allowed:
                raise VerticalRefused(f"table {model.__tablename__!r} refers to {target!r}: neither its own nor of a package it requires")


def declared_permissions(lists: Lists) -> set[str]:
    """Permission codes a package declares: by ``permissions()``, and those its resources stand for."""
    codes = {p.code for p in lists.get("permissions", ())}
    for resource in lists.get("resources", ()):
        codes |= {f"{resource.permission}.{verb}" for verb in RESOURCE_VERBS}
        codes |= {f"{resource.permission}.{action.name}" for action in resource.actions}
    return codes


def handlers_of(handler: Any) -> Iterator[BaseRouteHandler]:
    """The route handlers of a controller class, or the handler itself."""
    if isinstance(handler, BaseRouteHandler):
        yield handler
        return
    for attribute in dir(handler):
        value = getattr(handler, attribute, None)
        if isinstance(value, BaseRouteHandler):
            yield value


def _check_permissions(name: str, lists: Lists) -> None:
    declared = declared_permissions(lists)
    for hook in ("routes", "pages"):
        for controller in lists.get(hook, ()):
            for handler in handlers_of(controller):
                inherited = getattr(controller, "opt", None)  # a bare slot where the controller does not set it
                permission = {**(inherited if isinstance(inherited, dict) else {}), **handler.opt}.get("permission")
                if permission is None:
                    raise VerticalRefused(f"handler {handler!s} names no permission")
                if permission not in declared and permission not in (PUBLIC, SIGNED_IN):
                    raise VerticalRefused(f"handler {handler!s} asks for {permission!r}, which permissions() does not declare")
    for item in (i for hook in ("navigation", "panels", "widgets", "reports", "searchers") for i in lists.get(hook, ())):
        if item.permission is not None and item.permission.startswith(f"{name}.") and item.permission not in declared:
            raise VerticalRefused(f"{item!r} asks for {item.permission!r}, which permissions() does not declare")


class Taken:
    """Which package owns which key, so that a later one cannot take it again."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, str], str] = {}
        self.segments: set[str] = set(RESERVED)

    def owner(self, kind: str, key: str) -> str | None:
        return self._owners.get((kind, key))

    def add(self, name: str, lists: Lists) -> None:
        """Take all keys of a package, or none.

        Raises:
            VerticalRefused: a key belongs to another package.
        """
        keys = list(_keys(lists))
        seen: set[tuple[str, str]] = set()
        for kind, key in keys:
            if (owner := self._owners.get((kind, key), name if (kind, key) in seen else None)) is not None:
                raise VerticalRefused(f"{kind} {key!r} belongs to {owner} already")
            seen.add((kind, key))
        self._owners |= dict.fromkeys(keys, name)
        self.segments |= set(_segments(name, lists))


def _keys(lists: Lists) -> Iterator[tuple[str, str]]:
    for hook, kind, attribute in (
        ("models", "table", "__tablename__"),
        ("accounts", "account", "key"),
        ("posting_rules", "posting rule", "key"),
        ("document_types", "document type", "key"),
        ("reports", "report", "key"),
        ("widgets", "widget", "key"),
        ("searchers", "searcher", "key"),
        ("jobs", "job", "key"),
        ("record_kinds", "record kind", "stem"),
        ("notification_kinds", "notification kind", "key"),
        ("approval_kinds", "approval kind", "key"),
        ("roles", "role", "code"),
    ):
        for item in lists.get(hook, ()):
            yield kind, str(getattr(item, attribute))
    for code in sorted(declared_permissions(lists)):
        yield "permission", code
    for controller in lists.get("routes", ()):
        for handler in handlers_of(controller):
            if isinstance(operation := getattr(handler, "operation_id", None), str):
                yield "operation", operation


def _segments(name: str, lists: Lists) -> Iterator[str]:
    """First segments of a core's addresses: no vertical may be called so, as it is mounted at ``/<name>``."""
    yield name
    for item in lists.get("navigation", ()):
        yield item.path.strip("/").partition("/")[0]
    for controller in (*lists.get("pages", ()), *lists.get("routes", ())):
        path = getattr(controller, "path", "/")
        paths = controller.paths if isinstance(controller, BaseRouteHandler) else {path if isinstance(path, str) else "/"}
        yield from (path.strip("/").partition("/")[0] for path in paths)
