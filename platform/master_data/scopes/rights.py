"""What an actor may see and change of one kind of record: which rows, and which fields of them.

The rows are a condition of the statement that reads them, so that a list, a count, a search and a file leave out the same
ones.  Whoever sees all of a kind pays nothing for it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, false, func, or_, select, true
from sqlalchemy.orm import aliased

from kernel.errors import FieldError, Forbidden
from kernel.i18n import gettext as _
from kernel.work import Actor, Work
from master_data.organisation.model import Department, Employee
from master_data.scopes.masking import masked_value
from master_data.scopes.model import Collaborator, FieldRight, Scope
from vertical.guarding import Act, require
from vertical.statements import run

Rows = Callable[[str, Sequence[Any]], Awaitable[Sequence[Mapping[str, Any]]]]

OWNER = "owner"
"""The role of the company's owner: nothing is ever kept from it."""

_DEFAULTS = {"sales": Scope.OWN_AND_COLLABORATING}
_WIDTH = {scope: width for width, scope in enumerate(Scope)}
_STRENGTH = {right: strength for strength, right in enumerate(FieldRight)}

# One row: who the actor is among the employees, and what the rules say of their roles.
_FACTS = """
    SELECT e.id AS employee_id, e.department_id,
           ARRAY(SELECT r.role || ' ' || r.scope FROM master_scope_rule r WHERE r.stem = $4 AND r.role = ANY($3)) AS scopes,
           ARRAY(SELECT f.role || ' ' || f.field || ' ' || f.field_right
                 FROM master_field_rule f WHERE f.stem = $4 AND f.role = ANY($3)) AS fields
    FROM (SELECT 1) AS one LEFT JOIN LATERAL (
        SELECT id, department_id FROM master_employee
        WHERE person_id = $1 OR (person_id IS NULL AND $2 <> '' AND lower(email) = $2)
        ORDER BY person_id NULLS LAST, code LIMIT 1
    ) AS e ON true
"""


class FieldReadOnly(Forbidden):
    """The roles of the caller may see a field but not write it, or not even see it."""

    code = "field_read_only"


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Of one actor, on records of one kind.  ``fields`` names only those that are limited."""

    stem: str
    scope: Scope = Scope.ALL
    employee_id: UUID | None = None
    department_id: UUID | None = None
    fields: Mapping[str, FieldRight] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether no record is kept from the actor."""
        return self.scope == Scope.ALL

    def condition(self, model: Any, act: Act = "read") -> ColumnElement[bool]:
        """The records of ``model`` within reach: it is ``Owned``, or each belongs to a record that is, its ``host``."""
        if hasattr(model, "host"):
            column, owner = model.host()
            return true() if self.whole else _among(column, select(owner.id).where(self.condition(owner, act)))
        return _all_of(model) if self.whole else and_(model.present(), self._within(model, act))

    def _within(self, model: Any, act: Act) -> ColumnElement[bool]:
        if self.employee_id is None:
            return false()
        parts: list[ColumnElement[bool]] = [model.owner_id == self.employee_id]
        if self.scope != Scope.OWN:
            taking_part = select(Collaborator.record_id).where(
                Collaborator.record_kind == self.stem, Collaborator.employee_id == self.employee_id
            )
            parts.append(_among(model.id, taking_part if act == "read" else taking_part.where(Collaborator.may_edit)))
        if self.scope in (Scope.DEPARTMENT, Scope.DEPARTMENT_TREE) and self.department_id is not None:
            departments = _tree(self.department_id) if self.scope == Scope.DEPARTMENT_TREE else _one(self.department_id)
            parts.append(_among(model.department_id, departments))
            parts.append(_among(model.owner_id, select(Employee.id).where(Employee.department_id.in_(departments))))
        return or_(*parts)

    def right(self, name: str) -> FieldRight:
        return self.fields.get(name, FieldRight.WRITE)

    def readable(self, name: str) -> bool:
        """Whether the field is shown as it is: only by such a field may a list be sorted or filtered."""
        return self.right(name) in (FieldRight.READ, FieldRight.WRITE)

    @property
    def unread(self) -> frozenset[str]:
        """Fields that are not shown as they are; no search looks into them."""
        return frozenset(name for name in self.fields if not self.readable(name))

    def hidden(self, name: str) -> bool:
        return self.right(name) == FieldRight.HIDDEN

    def masked(self, name: str) -> bool:
        return self.right(name) == FieldRight.MASKED

    def writable(self, name: str) -> bool:
        return self.right(name) == FieldRight.WRITE

    def shown(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row as the actor may see it: hidden fields are gone, masked ones show enough to recognise them."""
        if not self.fields:
            return dict(row)
        return {n: masked_value(value) if self.masked(n) else value for n, value in row.items() if not self.hidden(n)}

    def check_writes(self, names: Iterable[str]) -> None:
        """Refuse to write fields that the actor may only see.

        Raises:
            FieldReadOnly: names each of them.
        """
        if refused := [name for name in names if not self.writable(name)]:
            message = _("You may not change this field; ask an administrator.")
            raise FieldReadOnly(message, errors=[FieldError(name, message) for name in refused])


async def read_rights(rows: Rows, actor: Actor, stem: str) -> Rights:
    """The actor's rights on ``stem``; ``rows`` runs a statement of the tenant."""
    if actor.kind == "system" or OWNER in actor.roles:
        return Rights(stem=stem)
    [facts] = await rows(_FACTS, [actor.id, actor.email.lower(), sorted(actor.roles), stem])
    return Rights(
        stem=stem,
        scope=_widest(actor.roles, dict(line.split(" ") for line in facts["scopes"])),
        employee_id=facts["employee_id"],
        department_id=facts["department_id"],
        fields=_most(actor.roles, [line.split(" ") for line in facts["fields"]]),
    )


async def rights_of(work: Work, stem: str) -> Rights:
    """The rights of who acts, looked up once in each unit of work."""
    known: dict[tuple[Any, ...], Rights] = work.session.info.setdefault("rights", {})
    key = (work.actor.id, work.actor.kind, work.actor.roles, stem)
    if key not in known:
        known[key] = await read_rights(partial(run, work), work.actor, stem)
    return known[key]


async def field_rights(work: Work, stem: str) -> Mapping[str, FieldRight]:
    """The fields of ``stem`` that are limited for who acts, with what is left of them."""
    return (await rights_of(work, stem)).fields


async def visible(work: Work, model: Any, stem: str, act: Act = "read") -> ColumnElement[bool]:
    """The condition for records of ``model`` that who acts may ``read`` or ``edit``; goes into the WHERE of any statement."""
    return (await rights_of(work, stem)).condition(model, act)


async def require_visible(work: Work, row: Any, stem: str, act: Act = "read") -> None:
    """Refuse a record that is out of reach.

    Raises:
        RecordNotFound: it may not be seen, so it is not said that it exists.
        RecordReadOnly: it may be seen and not edited.
    """
    rights = await rights_of(work, stem)
    model = type(row)
    await require(work, model.__table__, row.id, rights.condition(model, "read"), rights.condition(model, act))


def forget(work: Work) -> None:
    """Rules changed within this unit of work: look them up again."""
    work.session.info.pop("rights", None)


def default_scope(role: str) -> Scope:
    """How far a role sees while the company has no rule about it."""
    return _DEFAULTS.get(role, Scope.ALL)


def _widest(roles: Iterable[str], rules: Mapping[str, str]) -> Scope:
    scopes = [Scope(rules[role]) if role in rules else default_scope(role) for role in roles]
    return max(scopes, key=_WIDTH.__getitem__, default=Scope.OWN)


def _most(roles: Iterable[str], rules: Sequence[Sequence[str]]) -> dict[str, FieldRight]:
    """The most that any of the roles allows, for fields that all of them limit."""
    by_field: dict[str, dict[str, FieldRight]] = {}
    for role, name, right in rules:
        by_field.setdefault(name, {})[role] = FieldRight(right)
    found = {
        name: max((given.get(role, FieldRight.WRITE) for role in roles), key=_STRENGTH.__getitem__) for name, given in by_field.items()
    }
    return {name: right for name, right in found.items() if right != FieldRight.WRITE}


@cache
def _all_of(model: Any) -> ColumnElement[bool]:
    """The same expression each time, as most readers see all: it is written out once for each statement that has it."""
    return and_(model.present(), true())


def _among(column: Any, ids: Select[UUID]) -> ColumnElement[bool]:
    """``column = ANY(ARRAY(SELECT ...))``: the inner statement runs once, and an index on the column serves the outer one."""
    found: ColumnElement[bool] = column == any_(func.array(ids.scalar_subquery()))
    return found


def _one(department_id: UUID) -> Select[UUID]:
    return select(Department.id).where(Department.id == department_id)


def _tree(department_id: UUID) -> Select[UUID]:
    """The department and all below it; UNION ends a circle that somebody may have made."""
    tree = _one(department_id).cte(recursive=True, nesting=True)
    below = aliased(Department)
    tree = tree.union(select(below.id).join(tree, below.parent_id == tree.c.id))
    return select(tree.c.id)
