"""Writes records of a ``Resource`` from code, by the same checks as its form, its API and its import.

Values are Python values by field name.  Core statements, no ORM; ``vertical.bulk`` writes many at once.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Table, delete, inspect, select, update
from sqlalchemy.exc import IntegrityError

from kernel import clock
from kernel.errors import Conflict, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical.changes import note_written
from vertical.columns import keep_limits
from vertical.guarding import RecordNotFound, cleared, filled, require_edit, tailored
from vertical.locks import require_unlocked
from vertical.references import reference_problems
from vertical.resources import Candidate, RecordRules, Resource, RowProblem
from vertical.statements import insert_one, run

_PLAIN = RecordRules()


class RecordRefused(Conflict):
    """The record contradicts others: a double, a key that is taken, a reference to nothing."""

    code = "record_refused"


class VersionConflict(Conflict):
    """Somebody changed the record after the caller read it."""

    code = "version_conflict"


class RecordInUse(Conflict):
    """Other records refer to it."""

    code = "record_in_use"


async def create_record(work: Work, resource: Resource, values: Mapping[str, Any]) -> UUID:
    """Write one record; fields left out take their defaults.

    Raises:
        Invalid: a value is wrong by itself.
        RecordRefused: it contradicts records that are there.
    """
    record = await new_record(work, resource, values, ("id",))
    return UUID(int=record["id"].int)


async def new_record(work: Work, resource: Resource, values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """As ``create_record``; answers the named fields as they were stored."""
    prepared = prepare(resource, await tailored(work, resource, await filled(work, resource, defaults(resource) | dict(values))))
    refuse(await find_problems(work, resource, [Candidate(position=0, id=None, values=prepared)]))
    table = table_of(resource)
    row = complete(resource, prepared)
    dialect = work.session.get_bind().dialect
    stored = [bind(row[key]) if bind else row[key] for key, bind in binds(table, dialect)]
    [record] = await run(work, insert_one(resource, tuple(column.name for column in table.columns), names), stored)
    before = {"owner_id": None} if values.get("owner_id") else None
    note_written(work.session, resource.permission, row["id"], created=True, before=before, values=prepared)
    await rules_of(resource).written(work, [row["id"]], created=True)
    return dict(record)


async def update_record(work: Work, resource: Resource, record_id: UUID, changes: Mapping[str, Any], *, version: int | None = None) -> None:
    """Change the named fields.  With ``version`` only if nobody else changed the record since it had that version.

    Raises:
        RecordNotFound: there is no such record, or none that the actor may see.
        RecordReadOnly: the actor may see it and not change it.
        VersionConflict: it has another version now.
        Invalid: a value is wrong by itself.
        RecordRefused: it contradicts records that are there.
    """
    table = table_of(resource)
    versioned = "version" in table.c
    await require_edit(work, resource, record_id)
    await require_unlocked(work, resource.permission, record_id)
    names = tuple(dict.fromkeys(resource.form))
    beside = [name for name in changes if name not in names and name in table.c]
    columns = [table.c[resource.column(name).name].label(name) for name in names] + [table.c[name].label(name) for name in beside]
    found = await work.session.execute(
        select(*columns, *([table.c.version.label("version")] if versioned else [])).where(table.c.id == record_id).with_for_update()
    )
    row = found.mappings().one_or_none()
    if row is None:
        raise RecordNotFound(_("This record does not exist, or was deleted."))
    if versioned and version is not None and row["version"] != version:
        raise VersionConflict(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    changes = await tailored(work, resource, changes, record_id)
    prepared = prepare(resource, {name: row[name] for name in names} | changes)
    changed = {name: value for name, value in prepared.items() if name not in row or row[name] != value}
    refuse(await find_problems(work, resource, [Candidate(position=0, id=record_id, values=prepared)], changed=[changed]))
    stored: dict[str, Any] = {resource.column(name).name: value for name, value in prepared.items()}
    if versioned:
        stored["version"] = table.c.version + 1
    await work.session.execute(update(table).where(table.c.id == record_id).values(**stored))
    note_written(work.session, resource.permission, record_id, before={name: row.get(name) for name in changed}, values=changed)
    await rules_of(resource).written(work, [record_id], created=False)


async def delete_record(work: Work, resource: Resource, record_id: UUID) -> None:
    """Remove a record that nothing refers to.

    Raises:
        RecordNotFound: there is no such record, or none that the actor may see.
        RecordReadOnly: the actor may see it and not change it.
        RecordInUse: other records refer to it.
    """
    await require_edit(work, resource, record_id)
    await require_unlocked(work, resource.permission, record_id)
    table = table_of(resource)
    try:
        gone = await work.session.execute(delete(table).where(table.c.id == record_id).returning(table.c.id))
    except IntegrityError as error:
        raise RecordInUse(_("Other records refer to this one, so it cannot be deleted.")) from error
    if gone.first() is None:
        raise RecordNotFound(_("This record does not exist, or was deleted."))
    await cleared(work, resource, record_id)


def prepare(resource: Resource, values: Mapping[str, Any], *, rest: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The values as they will be stored; ``rest`` are other fields as the record or the model has them, which are right already
    unless they are missing.

    Raises:
        Invalid: one or more are wrong by themselves; ``errors`` names the fields.
    """
    clean = {**(rest or {}), **values}
    errors: list[FieldError] = []
    may_be_empty = _may_be_empty(resource)
    missing = {name: None for name, value in (rest or {}).items() if value is None and name not in may_be_empty and name not in values}
    for name, value in (*values.items(), *missing.items()):
        if value is None and name in may_be_empty:  # most cells of most files
            continue
        try:
            clean[name] = keep_limits(name, resource.column(name), value)
        except Invalid as error:
            errors += error.errors
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return rules_of(resource).prepare(clean)


async def find_problems(
    work: Work, resource: Resource, candidates: Sequence[Candidate], *, changed: Sequence[Mapping[str, Any]] | None = None
) -> list[RowProblem]:
    """What stands against writing the candidates: keys taken, references to nothing, and what the rules say.

    ``changed`` has the fields of each candidate that become others: what a record refers to already is not asked again.
    """
    new = candidates
    if changed is not None:
        new = [Candidate(position=c.position, id=c.id, values=values) for c, values in zip(candidates, changed, strict=True)]
    problems = await reference_problems(work, resource, new)
    problems += await rules_of(resource).check(work, candidates)
    return sorted(problems, key=lambda problem: problem.position)


def refuse(problems: Sequence[RowProblem]) -> None:
    if problems:
        raise RecordRefused(problems[0].message, errors=[FieldError(p.field, p.message) for p in problems])


def defaults(resource: Resource) -> dict[str, Any]:
    """A value for every field of the form: the column's default, or nothing."""
    return {name: scalar_default(resource, name) for name in resource.form}


def scalar_default(resource: Resource, name: str) -> Any:
    """The plain default of a field, or None."""
    default = resource.column(name).default
    return getattr(default, "arg", None) if default is not None and default.is_scalar else None


@cache
def _may_be_empty(resource: Resource) -> frozenset[str]:
    return frozenset(name for name in resource.form if resource.column(name).nullable)


def rules_of(resource: Resource) -> RecordRules:
    return resource.rules or _PLAIN


def table_of(resource: Resource) -> Table:
    table: Table = inspect(resource.model).local_table
    return table


def complete(resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """A value for every column of the table, the database sets none."""
    constants, made, moments = _blank(resource)
    row = dict(constants)
    for key, make in made:
        row[key] = make(None)
    if moments:
        row.update(dict.fromkeys(moments, clock.now()))
    renamed = _renamed(resource)
    row.update({renamed.get(name, name): value for name, value in values.items()} if renamed else values)
    return row


@cache
def _renamed(resource: Resource) -> dict[str, str]:
    """Columns that are called otherwise than their fields."""
    return {name: key for name in resource.stored if (key := resource.column(name).key) != name}


@cache
def _blank(resource: Resource) -> tuple[dict[str, Any], list[tuple[str, Callable[[Any], Any]]], list[str]]:
    """What a new record has where nobody said anything: constants, values made for each, and the moment of writing."""
    constants: dict[str, Any] = {}
    made: list[tuple[str, Callable[[Any], Any]]] = []
    moments: list[str] = []
    for column in table_of(resource).columns:
        if column.name in ("created_at", "updated_at"):
            moments.append(column.key)
        elif column.default is not None and column.default.is_callable:
            made.append((column.key, getattr(column.default, "arg", _nothing)))
        elif column.default is not None and column.default.is_scalar:
            constants[column.key] = getattr(column.default, "arg", None)
        else:
            constants[column.key] = None
    return constants, made, moments


def _nothing(_context: Any) -> None:
    return None


@cache
def binds(table: Table, dialect: Dialect) -> list[tuple[str, Callable[[Any], Any] | None]]:
    """How the driver wants the values of each column."""
    return [(column.key, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in table.columns]
