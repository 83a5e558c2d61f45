"""Records that not everybody sees.  A model that keeps some back says so itself, by two class methods.

``master_data.api.Owned`` brings both; see docs/rights.md.
"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, select, true

from kernel.errors import Forbidden, NotFound
from kernel.i18n import gettext as _
from kernel.orm import TenantBase
from kernel.work import Work
from vertical.resources import Resource

Act = Literal["read", "edit"]


class RecordNotFound(NotFound):
    """No such record in this tenant, or none that the caller may see."""

    code = "record_not_found"


class RecordReadOnly(Forbidden):
    """The caller may see the record and not change it."""

    code = "record_read_only"


class Guarded(Protocol):
    """A model whose records are kept apart."""

    @classmethod
    async def reach(cls, work: Work, act: Act) -> ColumnElement[bool]:
        """The condition for records that the actor may ``read`` or ``edit``."""

    @classmethod
    async def newborn(cls, work: Work) -> dict[str, Any]:
        """Values of a new record that its author left empty."""


def guard_of(model: type[Any]) -> type[Guarded] | None:
    """``model`` as one that keeps records apart; None when everybody who may read any may read all."""
    return cast("type[Guarded]", model) if hasattr(model, "reach") else None


def guard_of_table(table: Table) -> type[Guarded] | None:
    """As ``guard_of``, for the model behind a table."""
    models = (mapper.class_ for mapper in TenantBase.registry.mappers if mapper.local_table is table)
    return next((guard for model in models if (guard := guard_of(model)) is not None), None)


async def reach(work: Work, resource: Resource, act: Act = "read") -> ColumnElement[bool]:
    """The condition for records of ``resource`` that the actor may read or edit."""
    guard = guard_of(resource.model)
    return true() if guard is None else await guard.reach(work, act)


async def require_edit(work: Work, resource: Resource, record_id: UUID) -> None:
    """Refuse to change a record that is out of the actor's reach.

    Raises:
        RecordNotFound: the actor may not even see it, or it is not there.
        RecordReadOnly: the actor may see it.
    """
    if (guard := guard_of(resource.model)) is not None:
        table = cast("Table", resource.model.__table__)
        await require(work, table, record_id, await guard.reach(work, "read"), await guard.reach(work, "edit"))


async def require(work: Work, table: Table, record_id: UUID, may_read: ColumnElement[bool], may_act: ColumnElement[bool]) -> None:
    """As ``require_edit``, with the conditions at hand."""
    found = (await work.session.execute(select(may_read, may_act).select_from(table).where(table.c.id == record_id))).one_or_none()
    if found is None or not found[0]:
        raise RecordNotFound(_("This record does not exist, or was deleted."))
    if not found[1]:
        raise RecordReadOnly(_("You may see this record but not change it; ask the person in charge."))


async def filled(work: Work, resource: Resource, values: dict[str, Any]) -> dict[str, Any]:
    """``values`` of a new record, with what its model fills in for an author who left it empty."""
    guard = guard_of(resource.model)
    if guard is None:
        return values
    return values | {name: value for name, value in (await guard.newborn(work)).items() if values.get(name) is None}


async def tailored(work: Work, resource: Resource, values: Mapping[str, Any], record_id: UUID | None = None) -> dict[str, Any]:
    """``values`` with those of the company's own fields checked, where the model takes such fields."""
    tailor = getattr(resource.model, "tailor", None)
    return dict(values) if tailor is None else await tailor(work, values, record_id)


async def cleared(work: Work, resource: Resource, record_id: UUID) -> None:
    """Take away what hangs on a record that was deleted without a foreign key to it, where the model says how."""
    clear = getattr(resource.model, "clear", None)
    if clear is not None:
        await clear(work, record_id)
