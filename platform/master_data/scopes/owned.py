"""What a model brings so that its records belong to somebody."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, delete, true
from sqlalchemy.orm import Mapped, mapped_column

from kernel.i18n import N_
from kernel.work import Work
from master_data.scopes.model import Collaborator
from master_data.scopes.rights import visible
from master_data.scopes.staff import first_owner
from master_data.timeline.model import Activity
from vertical.guarding import Act

CARE = {"section": N_("Ownership")}


class Owned:
    """Adds an owner and a department to a model, by which its records are kept apart; see docs/rights.md.

    ``rights_stem`` is the stem of its permissions, ``crm.lead``; ``rights_label`` what people call the records.
    """

    rights_stem: ClassVar[str]
    rights_label: ClassVar[str]

    owner_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("master_employee.id"),
        index=True,
        sort_order=90,
        doc="The employee in charge.",
        info={"label": N_("Person in charge"), **CARE},
    )
    department_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("master_department.id"),
        index=True,
        sort_order=91,
        doc="The department the record belongs to, where it is not the owner's.",
        info={"label": N_("Department"), **CARE},
    )

    @classmethod
    def present(cls) -> ColumnElement[bool]:
        """The condition for records that are there for anybody at all; the same at any time, as it is asked for once."""
        return true()

    @classmethod
    async def reach(cls, work: Work, act: Act) -> ColumnElement[bool]:
        """The condition for records that the actor may ``read`` or ``edit``."""
        return await visible(work, cls, cls.rights_stem, act)

    @classmethod
    async def newborn(cls, work: Work) -> dict[str, Any]:
        """Values of a new record that nobody gave: its owner is who enters it."""
        return {"owner_id": await first_owner(work, cls.rights_stem)}

    @classmethod
    async def clear(cls, work: Work, record_id: UUID) -> None:
        """A record is gone: its timeline goes with it, photographs and all, and nobody takes part in it any more."""
        for model in (Activity, Collaborator):
            gone = delete(model).where(model.record_kind == cls.rights_stem, model.record_id == record_id)
            await work.session.execute(gone.execution_options(synchronize_session=False))
