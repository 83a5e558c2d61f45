"""Pages of assignment rules and web forms."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from core_crm.asking import staff
from core_crm.leads import advertising
from core_crm.leads.assignment import AssignmentRuleInput, assignment_rules, delete_rule, save_rule
from core_crm.leads.model import OPERATORS, RULE_FIELDS, AssignmentRule, Lead, Operator, WebForm
from core_crm.leads.webforms import OFFERED, WebFormInput, get_form, save_form, web_forms
from identity.house import house_of
from kernel.errors import DomainError, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, id_in, page
from kernel.work import Work
from vertical.columns import label_of

RULES, FORMS, FORM = "core_crm/leads/rules.html", "core_crm/leads/forms.html", "core_crm/leads/form.html"
MANAGE = {"permission": "crm.lead.manage"}
RULE_TEXTS = ("name", "field", "operator", "value", "load_max", "position")
FORM_TEXTS = ("name", "title", "intro", "consent_text", "thanks", "source", "sites", "version")

AnyRequest = Request[Any, Any, Any]


class LeadSetupPages(Controller):
    path = "/leads"
    include_in_schema = False

    @get("/rules", opt=MANAGE)
    async def rules_page(self, work: NamedDependency[Work]) -> Template:
        return page(RULES, errors={}, values=_blank(), **await _rules(work))

    @post("/rules", opt=MANAGE)
    async def add_rule(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        values: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in RULE_TEXTS}
        values |= {"employees": [str(value) for value in form.getall("employees", [])], "by_load": "by_load" in form}
        context = await _rules(work)
        try:
            async with work.session.begin_nested():
                await save_rule(work, _rule(values))
        except DomainError as error:
            work.session.expunge_all()  # the page is drawn after the rollback, which would empty what it shows
            raise FormRefused.because(error, RULES, values=values, **context) from error
        return Redirect("/leads/rules", status_code=303)

    @post("/rules/{rule_id:uuid}/delete", opt=MANAGE)
    async def remove_rule(self, work: NamedDependency[Work], rule_id: FromPath[UUID]) -> Redirect:
        await delete_rule(work, rule_id)
        return Redirect("/leads/rules", status_code=303)

    @get("/forms", opt=MANAGE)
    async def forms_page(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        address = house_of(request).settings.tenant_url(work.tenant.slug, "/forms/")
        return page(FORMS, forms=await web_forms(work), address=address)

    @get("/forms/new", opt=MANAGE)
    async def new_form(self, work: NamedDependency[Work]) -> Template:
        values = dict.fromkeys(FORM_TEXTS, "") | {
            "fields": ["name", "company", "phone", "need"],
            "active": True,
            "consent_text": _("I agree that %(company)s keeps what I enter here in order to answer me.", company=work.tenant.name),
            "thanks": _("Thank you. We will be in touch."),
        }
        return page(FORM, errors={}, values=values, offered=_offered(), form_id=None)

    @post("/forms/new", opt=MANAGE)
    async def create_form(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        return await _save(request, work, None)

    @get("/forms/{form_id:uuid}", opt=MANAGE)
    async def edit_form(self, work: NamedDependency[Work], form_id: FromPath[UUID]) -> Template:
        form: WebForm = await get_form(work, form_id)
        values = {name: getattr(form, name) or "" for name in FORM_TEXTS} | {"fields": form.fields, "active": form.active}
        values["sites"] = "\n".join(form.sites)
        return page(FORM, errors={}, values=values, offered=_offered(), form_id=form_id)

    @post("/forms/{form_id:uuid}", opt=MANAGE)
    async def update_form(self, request: AnyRequest, work: NamedDependency[Work], form_id: FromPath[UUID]) -> Redirect:
        await get_form(work, form_id)
        return await _save(request, work, form_id)


async def _save(request: AnyRequest, work: Work, form_id: UUID | None) -> Redirect:
    form = await request.form()
    values: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in FORM_TEXTS}
    values |= {"fields": [str(value) for value in form.getall("fields", [])], "active": "active" in form}
    version = int(values["version"]) if values["version"].isdecimal() else None
    try:
        async with work.session.begin_nested():
            await save_form(work, _form(values), form_id, version=version)
    except DomainError as error:
        raise FormRefused.because(error, FORM, values=values, offered=_offered(), form_id=form_id) from error
    return Redirect("/leads/forms", status_code=303)


def _form(values: dict[str, Any]) -> WebFormInput:
    _filled(values, "name", "title", "consent_text", "thanks")
    texts = {name: values[name] for name in ("consent_text", "thanks", "intro", "source")}
    sites = [line[:200] for line in values["sites"].splitlines()][:20]
    return WebFormInput(
        name=values["name"][:80], title=values["title"][:120], fields=values["fields"], sites=sites, active=values["active"], **texts
    )


def _rule(values: dict[str, Any]) -> AssignmentRuleInput:
    _filled(values, "name", "employees")
    numbers = {}
    for name in ("load_max", "position"):
        if values[name] and not values[name].isdecimal():
            raise Invalid(_("Enter a whole number."), field=name)
        numbers[name] = int(values[name]) if values[name] else None
    return AssignmentRuleInput(
        name=values["name"][:80],
        field=values["field"] or None,
        operator=Operator(values["operator"]) if values["operator"] in set(Operator) else Operator.EQUALS,
        value=values["value"][:200],
        by_load=values["by_load"],
        load_max=numbers["load_max"] or None,
        position=numbers["position"] or 0,
        employees=[found for text in values["employees"] if (found := id_in(text))],
    )


def _filled(values: dict[str, Any], *names: str) -> None:
    errors = [FieldError(name, _("Please fill this in.")) for name in names if not values[name]]
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _blank() -> dict[str, Any]:
    return dict.fromkeys(RULE_TEXTS, "") | {"employees": [], "by_load": False, "position": "10", "operator": "equals"}


async def _rules(work: Work) -> dict[str, Any]:
    people = await staff(work)
    names = dict(people)
    columns: Any = Lead.__table__.c
    fields = [(name, label_of(name, columns[name])) for name in RULE_FIELDS if name != "product_id"]
    return {
        "rules": [_shown(rule, names, dict(fields)) for rule in await assignment_rules(work)],
        "staff": people,
        "fields": fields,
        "operators": [(value, _(label)) for value, label in OPERATORS.items()],
    }


def _shown(rule: AssignmentRule, names: dict[str, str], fields: dict[str, str]) -> dict[str, Any]:
    who = _(", ").join(names.get(employee, "—") for employee in rule.employees)
    when = f"{fields.get(rule.field, rule.field)} {_(OPERATORS[rule.operator.value])} {rule.value}" if rule.field else _("every lead")
    return {
        "id": rule.id,
        "name": rule.name,
        "when": when,
        "who": who,
        "by_load": rule.by_load,
        "load_max": rule.load_max,
        "active": rule.active,
    }


def _offered() -> list[tuple[str, str]]:
    return [*((name, _(label)) for name, label in OFFERED.items()), (advertising.ADVERTISING, _(advertising.LABEL))]
