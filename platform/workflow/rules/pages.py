"""Where a company builds its rules, tries them, and reads what they did."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import select

from identity.members.directory import company_roles
from kernel.errors import DomainError, NotFound
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.orm import detached
from kernel.web import FormRefused, by_field, page
from kernel.work import Work
from master_data.api import Employee
from workflow.conditions import OPERATORS
from workflow.people import member_choices
from workflow.places import place, place_of
from workflow.records import kinds
from workflow.rules.actions import LABELS
from workflow.rules.fields import fields_of, offered_fields, unknown
from workflow.rules.form import read_form, rule_of, spare
from workflow.rules.model import Rule, Trigger
from workflow.rules.service import (
    MANAGE,
    PAGE_ROWS,
    delete_rule,
    dry_run,
    get_rule,
    missing_fields,
    rule_kinds,
    rules,
    run_counts,
    runs_of,
    save_rule,
)
from workflow.tasks.form import PRIORITIES

LIST, RULE, RUNS, TRIAL = (f"workflow/rules/{name}.html" for name in ("list", "rule", "runs", "trial"))
SET_UP = {"permission": MANAGE, "interactive": True}
TRIGGERS = {
    Trigger.CREATED: N_("A record is created"),
    Trigger.CHANGED: N_("A record changes"),
    Trigger.BECAME: N_("A field becomes a value"),
    Trigger.DATE: N_("A date is reached"),
}

AnyRequest = Request[Any, Any, Any]


class RulePages(Controller):
    path = "/settings/rules"
    include_in_schema = False

    @get("/", opt=SET_UP)
    async def listed(self, work: NamedDependency[Work]) -> Template:
        counts = await run_counts(work)
        known = kinds(work)
        groups: dict[str, list[Any]] = {}
        for rule in detached(work.session, await rules(work)):
            label = _(known[rule.record_kind].label) if rule.record_kind in known else rule.record_kind
            gone = sorted(set((await missing_fields(work, rule)).values()))
            groups.setdefault(label, []).append((rule, await _in_words(work, rule), counts.get(rule.id), gone))
        offered = sorted(((stem, _(kind.label)) for stem, kind in rule_kinds(work).items()), key=lambda pair: pair[1])
        return page(LIST, groups=list(groups.items()), offered=offered)

    @get("/new", opt=SET_UP)
    async def new(self, work: NamedDependency[Work], kind: FromQuery[str] = "") -> Template:
        values = {"name": "", "record_kind": kind, "trigger": "created", "match": "all", "active": True, "days": 0, "position": 0}
        return page(RULE, errors={}, values=spare({**values, "conditions": [], "actions": []}), **await _choices(work, kind))

    @post("/new", opt=SET_UP, status_code=200)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        return await _save(request, work, None)

    @post("/trial", opt=SET_UP, status_code=200)
    async def trial(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """How many records fit, before the rule is saved."""
        values = read_form(await _form(request))
        try:
            found = await dry_run(work, rule_of(values))
        except DomainError as error:
            return page(TRIAL, error=error.message, found=None)
        return page(TRIAL, error="", found=found)

    @get("/{rule_id:uuid}", opt=SET_UP)
    async def edit(self, work: NamedDependency[Work], rule_id: FromPath[UUID]) -> Template:
        rule = await get_rule(work, rule_id)
        names = ("name", "record_kind", "field", "value", "days", "position", "active", "conditions", "actions", "version")
        values = {name: getattr(rule, name) for name in names} | {"trigger": rule.trigger.value, "match": rule.match.value}
        errors = {place: unknown(name) for place, name in (await missing_fields(work, rule)).items()}
        return page(RULE, errors=errors, values=spare(values), rule_id=rule_id, **await _choices(work, rule.record_kind, values))

    @post("/{rule_id:uuid}", opt=SET_UP, status_code=200)
    async def save(self, request: AnyRequest, work: NamedDependency[Work], rule_id: FromPath[UUID]) -> Redirect:
        await get_rule(work, rule_id)
        return await _save(request, work, rule_id)

    @post("/{rule_id:uuid}/delete", opt=SET_UP)
    async def delete(self, work: NamedDependency[Work], rule_id: FromPath[UUID]) -> Redirect:
        await delete_rule(work, rule_id)
        return Redirect("/settings/rules", status_code=303)

    @get("/{rule_id:uuid}/runs", opt=SET_UP)
    async def runs(self, work: NamedDependency[Work], rule_id: FromPath[UUID], before: FromQuery[str] = "") -> Template:
        rule = await get_rule(work, rule_id)
        found = detached(work.session, await runs_of(work, rule_id, before=place_of(before)))
        shown = found[:PAGE_ROWS]
        known = kinds(work).get(rule.record_kind)
        lines = [(run, known.page(run.record_id) if known else "") for run in shown]
        more = place(shown[-1].at, shown[-1].id) if len(found) > PAGE_ROWS else ""
        return page(RUNS, rule_id=rule_id, name=rule.name, lines=lines, more=more)


async def _form(request: AnyRequest) -> dict[str, Any]:
    """The form, with every value of the lists in which several may be ticked."""
    given = await request.form()
    several = {name: given.getall(name) for name in given if str(name).endswith(".employees")}
    return {**dict(given), **several}


async def _save(request: AnyRequest, work: Work, rule_id: UUID | None) -> Redirect:
    values = read_form(await _form(request))
    choices = await _choices(work, values["record_kind"], values)
    version = int(values["version"]) if values["version"].isdecimal() else None
    try:
        await save_rule(work, rule_of(values), rule_id, version=version)
    except NotFound:
        raise
    except DomainError as error:
        errors = by_field(error.errors) or {"": error.message}
        raise FormRefused(RULE, errors=errors, values=spare(values), rule_id=rule_id, **choices) from error
    return Redirect("/settings/rules", status_code=303)


async def _choices(work: Work, stem: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the form offers; a field that it names already and that is not offered stays chosen, so that no condition gets lost.

    Raises:
        NotFound: there are no such records, or rules cannot be about them.
    """
    kind = rule_kinds(work).get(stem)
    if kind is None:
        raise NotFound(_("There are no records of the kind %(kind)s.", kind=stem))
    known = await offered_fields(work, kind)
    owned = hasattr(kind.model, "owner_id")
    who = [("owner", _("Person in charge"))] if owned else []
    who += [(f"role:{code}", _("Role: %(name)s", name=_(label) if label else code)) for code, label in (await company_roles(work)).items()]
    who += [(f"member:{person_id}", name) for person_id, name in await member_choices(work)]
    staff = await work.session.execute(
        select(Employee.id, Employee.name).where(Employee.left_on.is_(None)).order_by(Employee.name, Employee.id).limit(500)
    )
    addresses = [(f.name, f.label) for f in known.values() if f.column.info.get("kind") == "email" or f.name == "email"]
    return {
        "label": _(kind.label),
        "triggers": [(trigger.value, _(words)) for trigger, words in TRIGGERS.items()],
        "fields": [(field.name, field.label) for field in known.values()] + _stale(values, known),
        "settable": [(field.name, field.label) for field in known.values() if field.writable] + _stale(values, known),
        "options": [(field.label, [words for _value, words in field.choices]) for field in known.values() if field.choices],
        "operators": [(operator, _(words)) for operator, words in OPERATORS.items()],
        "kinds_of_action": [(code, _(words)) for code, words in LABELS.items() if code != "assign" or owned],
        "staff": [(str(row.id), row.name) for row in staff] if owned else [],
        "who": who,
        "addresses": addresses + who,
        "priorities": [(priority.value, _(words)) for priority, words in PRIORITIES.items()],
    }


def _stale(values: Mapping[str, Any] | None, known: Collection[str]) -> list[tuple[str, str]]:
    """Fields that a rule names and that are not offered."""
    if values is None:
        return []
    named = [values["field"], *(each.get("field") for each in (*values["conditions"], *values["actions"]))]
    return [(name, _("%(name)s: not there any more", name=name)) for name in dict.fromkeys(named) if name and name not in known]


async def _in_words(work: Work, rule: Rule) -> str:
    """When and then of a rule in a line."""
    known = kinds(work).get(rule.record_kind)
    field = (await fields_of(work, known)).get(rule.field or "") if known else None
    when = _(TRIGGERS[rule.trigger])
    if rule.trigger is Trigger.BECAME and field is not None:
        when = _("%(field)s becomes %(value)s", field=field.label, value=rule.value)
    elif rule.trigger is Trigger.DATE and field is not None:
        when = _("%(field)s, %(days)s days", field=field.label, days=f"{rule.days:+d}")
    elif rule.trigger is Trigger.CHANGED and field is not None:
        when = _("%(field)s changes", field=field.label)
    labels = [LABELS[action["type"]] for action in rule.actions if action.get("type") in LABELS]
    return " → ".join([when, _(", ").join(_(label) for label in labels)])
