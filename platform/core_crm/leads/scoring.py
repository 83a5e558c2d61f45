"""How promising a lead is: the sum of the points that rules give, with the rules that gave them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core_crm.leads.fitting import fits
from core_crm.leads.model import OPEN_STATES, RULE_FIELDS, Lead, ScoringRule
from kernel import jobs
from kernel.errors import FieldError, Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from vertical import RecordRules, Resource

RULES_MAX = 200
POINTS_MAX = 10_000
BATCH = 1000
RESCORE = "core_crm.rescore_leads"


class ScoringRules(RecordRules):
    """A rule looks at a field that leads have; after a change of the rules all open leads are scored again."""

    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        errors = []
        if values["field"] not in RULE_FIELDS:
            errors.append(FieldError("field", _("Choose one of the list.")))
        if abs(values["points"]) > POINTS_MAX:
            errors.append(FieldError("points", _("A rule gives at most %(most)s points, or takes as many.", most=POINTS_MAX)))
        if errors:
            raise Invalid(errors[0].message, errors=errors)
        return values

    async def written(self, work: Work, ids: Sequence[UUID], *, created: bool) -> None:
        await jobs.enqueue(work, RESCORE, dedupe_key=f"rescore:{new_id()}")


SCORING_RULES = Resource(
    model=ScoringRule,
    label=N_("Scoring rules"),
    singular=N_("Scoring rule"),
    permission="crm.scoring_rule",
    sort="name",
    columns=("name", "field", "operator", "value", "points", "active"),
    form=("name", "field", "operator", "value", "points", "active"),
    search=("name",),
    filters=("active",),
    rules=ScoringRules(),
)


async def scoring_rules(work: Work) -> Sequence[ScoringRule]:
    """The rules in use."""
    known = ScoringRule.field.in_(RULE_FIELDS), ScoringRule.points.between(-POINTS_MAX, POINTS_MAX)
    query = select(ScoringRule).where(ScoringRule.active, *known).order_by(ScoringRule.name, ScoringRule.id).limit(RULES_MAX)
    return (await work.session.scalars(query)).all()


def score(lead: Lead, rules: Sequence[ScoringRule]) -> None:
    """Give the lead its points, and say why."""
    reasons: list[dict[str, Any]] = [
        {"rule": rule.name, "points": rule.points} for rule in rules if fits(lead, rule.field, rule.operator, rule.value)
    ]
    total = sum(reason["points"] for reason in reasons)
    if (lead.score, lead.score_reasons) != (total, reasons):
        lead.score, lead.score_reasons = total, reasons


async def rescore(work: Work) -> None:
    """Score all open leads again, some at a time."""
    rules = await scoring_rules(work)
    last: UUID | None = None
    while True:
        query = select(Lead).where(Lead.state.in_(OPEN_STATES)).order_by(Lead.id).limit(BATCH)
        leads = (await work.session.scalars(query.where(Lead.id > last) if last else query)).all()
        for lead in leads:
            score(lead, rules)
        await work.session.flush()
        if len(leads) < BATCH:
            return
        last = leads[-1].id
        work.session.expunge_all()
