"""Whose a lead becomes: ordered rules, the first that fits and has somebody free decides."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from core_crm.leads.events import LeadAssigned
from core_crm.leads.fitting import fits
from core_crm.leads.model import OPEN_STATES, RULE_FIELDS, AssignmentRule, Lead, Operator
from core_crm.pool.holding import hold
from core_crm.pool.model import PoolKind
from core_crm.turns import taking_part, whose_turn
from identity.audit import record
from kernel.errors import DomainError, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.rows import locked_row
from kernel.work import Work
from master_data.api import Employee

RULES_MAX = 100


class NobodyFree(DomainError):
    """No rule fits the lead, or nobody whom it names may take another."""

    code = "nobody_free"


class AssignmentRuleInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A rule.  Without ``field`` it fits every lead; ``employees`` take turns, or with ``by_load`` whoever has fewest open leads."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    employees: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=100)]
    field: str | None = None
    operator: Operator = Operator.EQUALS
    value: Annotated[str, msgspec.Meta(max_length=200)] = ""
    by_load: bool = False
    load_max: Annotated[int, msgspec.Meta(ge=1, le=100000)] | None = None
    position: Annotated[int, msgspec.Meta(ge=0, le=10000)] = 0
    active: bool = True


async def assignment_rules(work: Work) -> Sequence[AssignmentRule]:
    """All rules in the order in which they are tried."""
    query = select(AssignmentRule).order_by(AssignmentRule.position, AssignmentRule.created_at, AssignmentRule.id).limit(RULES_MAX)
    return (await work.session.scalars(query)).all()


async def save_rule(work: Work, data: AssignmentRuleInput, rule_id: UUID | None = None) -> AssignmentRule:
    """Write a rule.

    Raises:
        Invalid: it looks at no field of a lead, or names somebody who does not exist.
        NotFound: no such rule.
    """
    errors = []
    if data.field is not None and data.field not in RULE_FIELDS:
        errors.append(FieldError("field", _("Choose one of the list.")))
    known = set(await work.session.scalars(select(Employee.id).where(Employee.id.in_(data.employees))))
    if known != set(data.employees):
        errors.append(FieldError("employees", _("This employee does not exist, or was deleted.")))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    rule = await work.session.get(AssignmentRule, rule_id) if rule_id else AssignmentRule(id=new_id())
    if rule is None:
        raise NotFound(_("This record does not exist, or was deleted."))
    before = _values(rule) if rule_id else None
    for name in ("field", "operator", "value", "by_load", "load_max", "position", "active"):
        setattr(rule, name, getattr(data, name))
    rule.name, rule.employees = data.name.strip(), [str(employee) for employee in data.employees]
    work.session.add(rule)
    await work.session.flush()
    await record(work, "assignment_rule.saved", f"assignment_rule:{rule.id}", name=rule.name, before=before, after=_values(rule))
    return rule


async def delete_rule(work: Work, rule_id: UUID) -> None:
    """Take a rule away.

    Raises:
        NotFound: no such rule.
    """
    rule = await work.session.get(AssignmentRule, rule_id)
    if rule is None:
        raise NotFound(_("This record does not exist, or was deleted."))
    await record(work, "assignment_rule.deleted", f"assignment_rule:{rule.id}", name=rule.name, before=_values(rule))
    await work.session.delete(rule)
    await work.session.flush()


async def assign_by_rules(work: Work, lead: Lead) -> bool:
    """Give the lead to whom the rules name; whether there was somebody."""
    for rule in await assignment_rules(work):
        if not rule.active or not fits(lead, rule.field, rule.operator, rule.value):
            continue
        # One at a time: of two leads that come at once each gets the next in turn.
        locked = await locked_row(work.session, AssignmentRule, rule.id)
        employee = await _next(work, locked) if locked else None
        if locked is None or employee is None:
            continue
        locked.last_employee_id = employee.id
        await hold(work, PoolKind.LEAD, lead, employee, reason=locked.name)
        await work.publish(LeadAssigned(lead_id=lead.id, owner_id=employee.id, rule=locked.name))
        return True
    return False


async def assign_now(work: Work, lead: Lead) -> Lead:
    """Run the rules for a lead on demand.

    Raises:
        NobodyFree
        DomainError: the lead is not open.
    """
    if lead.state not in OPEN_STATES:
        raise NobodyFree(_("Only open leads are assigned."))
    if not await assign_by_rules(work, lead):
        raise NobodyFree(_("No assignment rule fits this lead, or nobody whom it names may take another."))
    return lead


async def _next(work: Work, rule: AssignmentRule) -> Employee | None:
    """Whose turn it is: by the fewest open leads, or after who had the last turn."""
    counted = await work.session.execute(
        select(Lead.owner_id, func.count()).where(Lead.owner_id.in_(taking_part(rule)), Lead.state.in_(OPEN_STATES)).group_by(Lead.owner_id)
    )
    load = {owner: number for owner, number in counted}  # noqa: C416 - dict() would take the result for a mapping
    return await whose_turn(work, rule, load)


def _values(rule: AssignmentRule) -> dict[str, object]:
    names = ("name", "field", "value", "by_load", "load_max", "position", "active", "employees")
    return {name: getattr(rule, name) for name in names} | {"operator": rule.operator.value}
