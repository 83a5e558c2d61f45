"""Checks that any resource needs: unique fields are free, and what a field refers to exists.  One statement per field."""

from collections.abc import AsyncIterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Column, ForeignKey, UniqueConstraint, any_, literal, select

from kernel.i18n import gettext as _
from kernel.work import Work
from vertical.columns import label_of
from vertical.guarding import guard_of_table
from vertical.resources import Candidate, Resource, RowProblem


async def reference_problems(work: Work, resource: Resource, candidates: Sequence[Candidate]) -> list[RowProblem]:
    """Keys that are taken or repeated, and references to records that do not exist."""
    problems: list[RowProblem] = []
    for name, column, key in _bound_fields(resource):
        if key is None:
            problems += [problem async for problem in _taken(work, name, column, candidates)]
        else:
            problems += [problem async for problem in _missing(work, name, column, key, candidates)]
    return problems


@cache
def _bound_fields(resource: Resource) -> list[tuple[str, Column[Any], ForeignKey | None]]:
    """Fields that other records bind: unique ones, without a key, and references, with theirs."""
    found: list[tuple[str, Column[Any], ForeignKey | None]] = []
    for name in resource.form:
        column = resource.column(name)
        if is_unique(column):
            found.append((name, column, None))
        if (key := foreign_key(column)) is not None:
            found.append((name, column, key))
    return found


def foreign_key(column: Column[Any]) -> ForeignKey | None:
    """The column's reference to another table."""
    return next(iter(column.foreign_keys), None)


def is_unique(column: Column[Any]) -> bool:
    """Whether no two records may have the same value in this column alone."""
    return bool(column.unique) or any(
        isinstance(constraint, UniqueConstraint) and [c.name for c in constraint.columns] == [column.name]
        for constraint in column.table.constraints
    )


async def _taken(work: Work, name: str, column: Column[Any], candidates: Sequence[Candidate]) -> AsyncIterator[RowProblem]:
    given = {c.values[name] for c in candidates if c.values.get(name) is not None}
    id_column = column.table.c.id
    found = await work.session.execute(select(column, id_column).where(column == any_(literal(list(given), ARRAY(column.type)))))
    owners = dict(found.all())
    seen: dict[Any, int] = {}
    label = label_of(name, column)
    for candidate in candidates:
        value = candidate.values.get(name)
        if value is None:
            continue
        if value in seen:
            message = _("%(label)s %(value)s stands in row %(row)s already.", label=label, value=value, row=seen[value] + 2)
            yield RowProblem(position=candidate.position, field=name, message=message)
        elif value in owners and owners[value] != candidate.id:
            message = _("%(label)s %(value)s is taken; choose another.", label=label, value=value)
            yield RowProblem(position=candidate.position, field=name, message=message)
        seen.setdefault(value, candidate.position)


async def _missing(
    work: Work, name: str, column: Column[Any], key: ForeignKey, candidates: Sequence[Candidate]
) -> AsyncIterator[RowProblem]:
    given = {c.values[name] for c in candidates if c.values.get(name) is not None}
    if not given:
        return
    target = key.column
    statement = select(target).where(target == any_(literal(list(given), ARRAY(target.type))))
    if (guard := guard_of_table(target.table)) is not None:
        statement = statement.where(await guard.reach(work, "read"))
    there = set((await work.session.scalars(statement)).all())
    for candidate in candidates:
        value = candidate.values.get(name)
        if value is not None and value not in there:
            message = _("%(label)s: there is no such record any more.", label=label_of(name, column))
            yield RowProblem(position=candidate.position, field=name, message=message)
