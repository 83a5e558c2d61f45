"""Pages of the public pool: what lies there, what falls soon, the rules, the log."""

from collections.abc import Awaitable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_crm import attempting
from core_crm.asking import staff
from core_crm.leads.model import Lead
from core_crm.pool.claims import assign, claim, locked, release
from core_crm.pool.model import Condition, PoolKind
from core_crm.pool.query import about_to_drop, in_pool, list_log, list_pool, paths, protected, protection_of
from core_crm.pool.settings import (
    STAGES,
    PoolRuleInput,
    PoolSettingsInput,
    ProtectionInput,
    delete_rule,
    pool_rules,
    protect,
    save_rule,
    save_settings,
    settings_of,
    unprotect,
)
from kernel.errors import DomainError, Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.templates import render
from kernel.web import FormRefused, id_in, page, toast
from kernel.work import Work
from master_data.api import Party
from vertical import Panel

POOL, DUE, RULES, LOG, PANEL = (f"core_crm/pool/{name}.html" for name in ("pool", "due", "rules", "log", "panel"))
READ, CLAIM, MANAGE = ({"permission": f"crm.pool.{act}"} for act in ("read", "claim", "manage"))
NUMBERS = ("holding_cap", "claims_per_day", "cooldown_days", "remind_days")
CONDITIONS = {"not_followed": N_("no follow-up"), "not_won": N_("nothing was won")}

AnyRequest = Request[Any, Any, Any]


class PoolPages(Controller):
    path = "/pool"
    include_in_schema = False

    @get("/", opt=READ)
    async def pool_page(
        self, work: NamedDependency[Work], kind: FromQuery[str] = "lead", q: FromQuery[str] = "", after: FromQuery[str | None] = None
    ) -> Template:
        return page(POOL, refusal="", **await _listed(work, _kind(kind), q, after))

    @get("/due", opt=READ)
    async def due_page(self, work: NamedDependency[Work]) -> Template:
        rows = [{"row": row, "path": paths(row.kind, row.record_id)} for row in await about_to_drop(work)]
        return page(DUE, rows=rows, views=_tabs("due"))

    @get("/log", opt=READ)
    async def log_page(self, work: NamedDependency[Work], kind: FromQuery[str] = "", after: FromQuery[str | None] = None) -> Template:
        chosen = _kind(kind) if kind else None
        rows, following = await list_log(work, kind=chosen, after=after)
        next_ = "/pool/log?" + urlencode({"kind": kind, "after": following}) if following else ""
        return page(LOG, rows=rows, next=next_, views=_tabs("log"), paths=paths)

    @post("/{kind:str}/{record_id:uuid}/claim", opt=CLAIM)
    async def claim(self, work: NamedDependency[Work], kind: FromPath[PoolKind], record_id: FromPath[UUID]) -> Redirect:
        await _attempt(work, kind, claim(work, kind, record_id))
        return Redirect(paths(kind, record_id), status_code=303, headers=toast(_("It is yours now.")))

    @post("/{kind:str}/{record_id:uuid}/assign", opt={"permission": "crm.pool.assign"})
    async def assign(
        self, request: AnyRequest, work: NamedDependency[Work], kind: FromPath[PoolKind], record_id: FromPath[UUID]
    ) -> Redirect:
        await locked(work, kind, record_id)
        employee_id = id_in(str((await request.form()).get("employee_id", "")))
        await _attempt(work, kind, assign(work, kind, record_id, employee_id or record_id))
        return Redirect(f"/pool?kind={kind.value}", status_code=303, headers=toast(_("Assigned.")))

    @post("/{kind:str}/{record_id:uuid}/release", opt=CLAIM)
    async def release(
        self, request: AnyRequest, work: NamedDependency[Work], kind: FromPath[PoolKind], record_id: FromPath[UUID]
    ) -> Redirect:
        reason = str((await request.form()).get("reason", ""))
        await _attempt(work, kind, release(work, kind, record_id, reason))
        return Redirect(f"/pool?kind={kind.value}", status_code=303, headers=toast(_("It lies in the pool now.")))

    @post("/{kind:str}/{record_id:uuid}/protect", opt=MANAGE)
    async def protect(
        self, request: AnyRequest, work: NamedDependency[Work], kind: FromPath[PoolKind], record_id: FromPath[UUID]
    ) -> Redirect:
        form, row = await request.form(), await locked(work, kind, record_id)
        try:
            until = date.fromisoformat(str(form.get("until", "")))
        except ValueError:
            until = None
        reason = str(form.get("reason", "")).strip()[:200] or None
        await protect(work, ProtectionInput(kind=kind, record_id=record_id, until=until, reason=reason), name=row.name)
        return Redirect(paths(kind, record_id), status_code=303)

    @post("/{kind:str}/{record_id:uuid}/unprotect", opt=MANAGE)
    async def unprotect(self, work: NamedDependency[Work], kind: FromPath[PoolKind], record_id: FromPath[UUID]) -> Redirect:
        await locked(work, kind, record_id)
        await unprotect(work, kind, record_id)
        return Redirect("/pool/rules", status_code=303)

    @get("/rules", opt=MANAGE)
    async def rules_page(self, work: NamedDependency[Work]) -> Template:
        return page(RULES, errors={}, values={}, **await _rules(work))

    @post("/rules", opt=MANAGE)
    async def add_rule(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        values = {name: str(form.get(name, "")).strip() for name in ("kind", "name", "condition", "days", "stage")}
        await _refusing(work, values, _save_rule(work, values))
        return Redirect("/pool/rules", status_code=303)

    @post("/rules/{rule_id:uuid}/delete", opt=MANAGE)
    async def remove_rule(self, work: NamedDependency[Work], rule_id: FromPath[UUID]) -> Redirect:
        await delete_rule(work, rule_id)
        return Redirect("/pool/rules", status_code=303)

    @post("/settings", opt=MANAGE)
    async def change_settings(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        values = {name: str(form.get(name, "")).strip() for name in (*NUMBERS, "kind")}
        await _refusing(work, values, _save_settings(work, values))
        return Redirect("/pool/rules", status_code=303, headers=toast(_("Saved.")))


async def draw_panel(work: Work, *, record: Mapping[str, Any], kind: PoolKind) -> str:
    """Claim, let go, protect: what the pool means for a record."""
    protection = await protection_of(work, kind, record["id"])
    model: Any = Lead if kind is PoolKind.LEAD else Party
    row = await work.session.get(model, record["id"])
    entry = await in_pool(work, kind, record["id"])
    rows, _next = await list_log(work, kind=kind, record_id=record["id"], limit=5)
    people = await staff(work) if work.actor.may("crm.pool.assign") else []
    held = row is not None and row.owner_id is not None
    return render(PANEL, base=f"/pool/{kind.value}/{record['id']}", entry=entry, held=held, protection=protection, log=rows, staff=people)


async def _lead_panel(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    return await draw_panel(work, record=record, kind=PoolKind.LEAD)


async def _party_panel(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    return await draw_panel(work, record=record, kind=PoolKind.PARTY)


POOL_PANELS = (
    Panel(slot="crm.lead.side", render=_lead_panel, permission="crm.pool.read", order=20),
    Panel(slot="master.party.side", render=_party_panel, permission="crm.pool.read", order=30),
)


async def _listed(work: Work, kind: PoolKind, q: str, after: str | None = None) -> dict[str, Any]:
    rows, following = await list_pool(work, kind, search=q, after=after)
    next_ = "/pool?" + urlencode({"kind": kind.value, "q": q, "after": following}) if following else ""
    people = await staff(work) if work.actor.may("crm.pool.assign") else []
    return {
        "rows": rows,
        "next": next_,
        "kind": kind,
        "q": q,
        "views": _tabs(kind.value),
        "staff": people,
        "limits": await settings_of(work, kind),
    }


async def _attempt(work: Work, kind: PoolKind, command: Awaitable[None]) -> None:
    async def shown() -> dict[str, Any]:
        return await _listed(work, kind, "")

    await attempting.attempt(work, command, POOL, shown)


async def _refusing(work: Work, values: dict[str, str], command: Awaitable[object]) -> None:
    try:
        async with work.session.begin_nested():
            await command
    except DomainError as error:
        work.session.expunge_all()
        context = await _rules(work)
        work.session.expunge_all()
        raise FormRefused.because(error, RULES, values=values, **context) from error


async def _save_rule(work: Work, values: dict[str, str]) -> None:
    if not values["name"]:
        raise Invalid(_("Please enter a name."), field="name")
    if not values["days"].isdecimal() or not 1 <= int(values["days"]) <= 3650:
        raise Invalid(_("Enter a number of days, for example 14."), field="days")
    condition = Condition(values["condition"]) if values["condition"] in set(Condition) else Condition.NOT_FOLLOWED
    kind = _kind(values["kind"])
    stage = values["stage"] or None
    await save_rule(work, PoolRuleInput(kind=kind, name=values["name"][:80], condition=condition, days=int(values["days"]), stage=stage))


async def _save_settings(work: Work, values: dict[str, str]) -> None:
    numbers: dict[str, int | None] = {}
    for name in NUMBERS:
        if values[name] and not (values[name].isdecimal() and int(values[name]) <= 3650):
            raise Invalid(_("Enter a whole number."), field=f"{values['kind']}.{name}")
        numbers[name] = int(values[name]) if values[name] else None
    data = PoolSettingsInput(
        holding_cap=numbers["holding_cap"] or None,
        claims_per_day=numbers["claims_per_day"] or None,
        cooldown_days=numbers["cooldown_days"] or 0,
        remind_days=numbers["remind_days"] or 0,
    )
    await save_settings(work, _kind(values["kind"]), data)


async def _rules(work: Work) -> dict[str, Any]:
    stage_names = {kind: _stage_names(kind) for kind in PoolKind}
    rules = [
        {
            "id": rule.id,
            "kind": rule.kind,
            "name": rule.name,
            "when": _("%(condition)s for %(days)s days", condition=_(CONDITIONS[rule.condition.value]), days=rule.days),
            "stage": stage_names[rule.kind].get(rule.stage or "", ""),
        }
        for rule in await pool_rules(work)
    ]
    limits = {kind.value: {name: getattr(await settings_of(work, kind), name) for name in NUMBERS} for kind in PoolKind}
    guarded = [
        {
            "name": name,
            "path": paths(p.kind, p.record_id),
            "until": p.until,
            "reason": p.reason,
            "undo": f"/pool/{p.kind.value}/{p.record_id}/unprotect",
        }
        for p, name in await protected(work)
    ]
    return {
        "rules": rules,
        "limits": limits,
        "guarded": guarded,
        "views": _tabs("rules"),
        "conditions": [(value, _(label)) for value, label in CONDITIONS.items()],
        "stages": [*stage_names[PoolKind.PARTY].items(), *stage_names[PoolKind.LEAD].items()],
    }


def _stage_names(kind: PoolKind) -> dict[str, str]:
    column = Lead.__table__.c.state if kind is PoolKind.LEAD else Party.__table__.c.stage
    words = column.info["choices"]
    return {stage.value: _(words[stage.value]) for stage in STAGES[kind]}


def _kind(text: str) -> PoolKind:
    return PoolKind(text) if text in set(PoolKind) else PoolKind.LEAD


def _tabs(here: str) -> list[tuple[str, str, bool, int | None]]:
    names = (
        ("lead", _("Leads"), "/pool?kind=lead"),
        ("party", _("Customers"), "/pool?kind=party"),
        ("due", _("Mine, at risk"), "/pool/due"),
        ("log", _("Log"), "/pool/log"),
    )
    return [(label, path, name == here, None) for name, label, path in names]
