"""Any record of any package by the stem of its permissions: what it is called, where its page is, who may see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, true

from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.work import Contribution, Work
from vertical import RecordKind, Resource
from vertical.guarding import Act, RecordNotFound, guard_of, require


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of record as the catalog knows it.  ``resource`` is None for documents written by hand."""

    stem: str
    label: str
    model: type[Any]
    path: str
    title: Callable[[Any], str]
    resource: Resource | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    def page(self, record_id: UUID) -> str:
        return self.path.format(id=record_id)

    @property
    def shared(self) -> bool:
        """Whether people work on such a record together, so that its page shows tasks: documents, and what somebody is in charge of."""
        return self.resource is None or hasattr(self.model, "owner_id")

    @property
    def list_page(self) -> str:
        return self.path.partition("/{id}")[0]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A record that the actor may see."""

    kind: Kind
    row: Any
    title: str

    @property
    def path(self) -> str:
        return self.kind.page(self.row.id)


def kinds(work: Work) -> Mapping[str, Kind]:
    """All kinds of records of the company, by stem."""
    known: dict[str, Kind] | None = work.session.info.get("record_kinds")
    if known is None:
        verticals = work.tenant.enabled
        known = {c.item.permission: _of_resource(c, verticals) for c in work.contributions("resources")}
        known |= {c.item.stem: _of_declared(c.item) for c in work.contributions("record_kinds")}
        work.session.info["record_kinds"] = known
    return known


def kind_of(work: Work, stem: str) -> Kind:
    """
    Raises:
        RecordNotFound: no package of the company has such records.
    """
    kind = kinds(work).get(stem)
    if kind is None:
        raise RecordNotFound(_("There are no records of the kind %(kind)s.", kind=stem))
    return kind


async def find_record(work: Work, stem: str, record_id: UUID, *, act: Act = "read") -> Found:
    """The record, where the actor may ``act`` on it.

    Raises:
        RecordNotFound: there is none, or it is kept from the actor.
        RecordReadOnly: it may be seen and not edited.
        Forbidden: the actor lacks the permission to see any.
    """
    kind = kind_of(work, stem)
    work.require(f"{stem}.read")
    row = await work.session.get(kind.model, record_id)
    if row is None:
        raise RecordNotFound(_("This record does not exist, or was deleted."))
    if (guard := guard_of(kind.model)) is not None:
        readable = await guard.reach(work, "read")
        await require(work, kind.model.__table__, record_id, readable, readable if act == "read" else await guard.reach(work, act))
    return Found(kind=kind, row=row, title=kind.title(row))


async def may_see(work: Work, stem: str, record_id: UUID) -> bool:
    """Whether the actor of ``work`` may see a record."""
    try:
        await find_record(work, stem, record_id)
    except DomainError:
        return False
    return True


async def visible_ids(work: Work, stem: str, ids: set[UUID]) -> set[UUID]:
    """Which of the records the actor may see; one statement."""
    kind = kinds(work).get(stem)
    if kind is None or not ids or not work.actor.may(f"{stem}.read"):
        return set()
    guard = guard_of(kind.model)
    condition = true() if guard is None else await guard.reach(work, "read")
    return set(await work.session.scalars(select(kind.model.id).where(kind.model.id.in_(ids), condition)))


def _of_resource(given: Contribution, verticals: frozenset[str]) -> Kind:
    resource: Resource = given.item
    first = resource.columns[0]
    names = (first, "name") if first != "name" and "name" in resource.columns else (first,)

    def title(row: Any) -> str:
        return " ".join(str(value) for name in names if (value := getattr(row, name)) is not None)

    prefix = f"/{given.vertical}" if given.vertical in verticals else ""
    return Kind(
        stem=resource.permission,
        label=resource.label,
        model=resource.model,
        path=f"{prefix}/{resource.slug}/{{id}}",
        title=title,
        resource=resource,
    )


def _of_declared(declared: RecordKind) -> Kind:
    named = declared.title
    title: Callable[[Any], str] = named if callable(named) else lambda row: str(getattr(row, named) or "")
    return Kind(stem=declared.stem, label=declared.label, model=declared.model, path=declared.path, title=title, fields=declared.fields)
