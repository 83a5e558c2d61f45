"""What a model brings so that a company may add fields to its records."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.errors import Conflict, FieldError
from kernel.work import Work
from master_data.custom_fields.service import clean_values, own_fields, taken_values


class CustomValueTaken(Conflict):
    """Another record has the value, which may stand only once."""

    code = "record_refused"


class Customised:
    """Adds ``custom``, the values of the company's own fields by code.  The model is ``Owned`` too, which names its stem."""

    rights_stem: ClassVar[str]

    custom: Mapped[dict[str, Any] | None] = mapped_column(JSONB, sort_order=92, doc="The company's own fields, by code.")

    @classmethod
    async def tailor(cls, work: Work, values: Mapping[str, Any], record_id: UUID | None) -> dict[str, Any]:
        """``values`` with ``custom`` checked; of a record that exists, what is not given stays.

        Raises:
            Invalid: a value is wrong; names the field, ``custom.level``.
            CustomValueTaken: it may stand only once and stands elsewhere.
        """
        fields = await own_fields(work, cls.rights_stem)
        given = values.get("custom")
        if (record_id is not None and given is None) or not (fields or given):
            return dict(values)
        own: Any = cls
        present = (await work.session.scalar(select(own.custom).where(own.id == record_id)) or {}) if record_id is not None else {}
        known = {field.code for field in fields}
        kept = {code: value for code, value in present.items() if code not in known}  # of fields that are out of use
        before = {code: value for code, value in present.items() if code in known}
        custom = clean_values(fields, {**before, **(given or {})}, complete=work.actor.kind != "system")
        if taken := await taken_values(work, cls, fields, [(record_id, custom)]):
            raise CustomValueTaken(taken[0][2], errors=[FieldError(name, message) for _place, name, message in taken])
        return {**values, "custom": {**kept, **custom} or None}
