"""The structs of a resource's API.  A column in neither ``columns`` nor ``form`` is in none of them."""

import enum
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec

from vertical import Resource
from vertical.columns import INTEGER_MAX
from vertical.records import scalar_default
from webapp.resource.fields import Field, fields_of

T = TypeVar("T")

Spec = tuple[str, Any] | tuple[str, Any, Any]


CUSTOM = Annotated[dict[str, Any], msgspec.Meta(description="Values of the company's own fields, by their code.")]


class Listing(msgspec.Struct, Generic[T], kw_only=True):
    """A page of a list.  ``next`` is the cursor of the following page, null on the last.

    ``total`` is there when it was asked for; ``total_capped`` says that counting stopped there.
    ``visible_only``: the caller's roles may not show every record, and the total counts those they do.
    """

    items: list[T]
    next: str | None = None
    total: int | None = None
    total_capped: bool = False
    visible_only: bool = False


class RowError(msgspec.Struct, kw_only=True):
    """One field of one row of a file that was refused.  ``row`` counts from 2, as a spreadsheet shows it."""

    row: int
    field: str
    message: str


class ImportResult(msgspec.Struct, kw_only=True):
    """What an import did, or with ``dry_run`` would do: all rows, or none when there are errors.

    ``unchanged`` rows say what is there already; ``papers`` are numbers of identity papers that are kept.
    ``doubts`` keep nothing from being written.  ``import_id`` undoes it.
    """

    rows: int
    created: int
    changed: int
    unchanged: int
    papers: int = 0
    errors: list[RowError]
    doubts: list[RowError]
    import_id: UUID | None = None


class ImportRead(msgspec.Struct, kw_only=True):
    """An import that was applied.  ``kept`` are records that an undo left, as somebody had worked with them."""

    id: UUID
    file_name: str
    at: datetime
    by: str
    created: int
    changed: int
    unchanged: int
    undone_at: datetime | None
    undone_by: str | None
    kept: int
    may_undo: bool


class ImportUndone(msgspec.Struct, kw_only=True):
    """What an undo did."""

    removed: int
    restored: int
    kept: int


def field_type(field: Field, *, bounded: bool) -> Any:
    """The type of a field in JSON; ``bounded`` adds the limits that input must keep."""
    limits: dict[str, Any] = {"description": field.column.doc} if field.column.doc else {}
    if bounded and field.python is str:
        limits |= {"max_length": field.length} if field.length else {}
        limits |= {} if field.column.nullable else {"min_length": 1}
    if bounded and field.python is int:
        limits |= {"ge": -INTEGER_MAX, "le": INTEGER_MAX}
    python = list[str] if field.kind == "tags" else field.python
    annotated = Annotated[python, msgspec.Meta(**limits)] if limits else python
    return annotated | None if field.column.nullable else annotated


@cache
def read_fields(resource: Resource) -> tuple[str, ...]:
    """Names of the fields of an answer, in order: the id, columns and form, the version where there is one."""
    names = ["id", *(field.name for field in fields_of(resource, "read")), *(["custom"] if hasattr(resource.model, "tailor") else [])]
    return (*names, "version") if versioned(resource) and "version" not in names else tuple(names)


def versioned(resource: Resource) -> bool:
    return "version" in resource.model.__table__.c


def read_schema(resource: Resource) -> type[msgspec.Struct]:
    """A record as it is answered."""
    specs: list[Spec] = [("id", UUID)]
    specs += [(field.name, field_type(field, bounded=False)) for field in fields_of(resource, "read")]
    if hasattr(resource.model, "tailor"):
        specs.append(("custom", CUSTOM | None))
    if versioned(resource):
        specs.append(("version", int))
    return _struct(resource, "", specs)


def create_schema(resource: Resource) -> type[msgspec.Struct]:
    """Fields of the form; a nullable one or one with a plain default may be left out."""
    specs: list[Spec] = []
    for field in fields_of(resource, "form"):
        kind = field_type(field, bounded=True)
        if field.column.default is not None and field.column.default.is_scalar:
            specs.append((field.name, kind, scalar_default(resource, field.name)))
        else:
            specs.append((field.name, kind, None) if field.column.nullable else (field.name, kind))
    if hasattr(resource.model, "tailor"):
        specs.append(("custom", CUSTOM | None, None))
    return _struct(resource, "Create", specs, forbid_unknown_fields=True)


def update_schema(resource: Resource) -> type[msgspec.Struct]:
    """Any fields of the form, and the version that the caller read."""
    specs: list[Spec] = [
        (field.name, field_type(field, bounded=True) | msgspec.UnsetType, msgspec.UNSET) for field in fields_of(resource, "form")
    ]
    if hasattr(resource.model, "tailor"):
        specs.append(("custom", CUSTOM | None | msgspec.UnsetType, msgspec.UNSET))
    if versioned(resource):
        note = msgspec.Meta(description="The version that was read; 409 when the record has another by now.")
        specs.append(("version", Annotated[int, note] | msgspec.UnsetType, msgspec.UNSET))
    return _struct(resource, "Update", specs, forbid_unknown_fields=True)


def given(data: msgspec.Struct) -> dict[str, Any]:
    """The fields that a caller sent."""
    return {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not msgspec.UNSET}


def plain(value: Any) -> Any:
    """A value as JSON writes it."""
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if isinstance(value, Decimal | UUID) else value


def _struct(resource: Resource, suffix: str, specs: list[Spec], *, forbid_unknown_fields: bool = False) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        f"{resource.schema_name}{suffix}",
        specs,
        kw_only=True,
        forbid_unknown_fields=forbid_unknown_fields,
        gc=False,
        module=__name__,
    )
