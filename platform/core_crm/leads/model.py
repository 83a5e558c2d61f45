"""Tables of leads: the leads themselves, the rules that score and assign them, and the forms on web pages."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check
from master_data.api import Customised, Owned
from vertical.columns import label_of


class LeadState(enum.StrEnum):
    """Where a lead stands.  ``working`` begins with the first contact."""

    NEW = "new"
    WORKING = "working"
    CONVERTED = "converted"
    DISQUALIFIED = "disqualified"


OPEN_STATES = (LeadState.NEW, LeadState.WORKING)


class Lead(Customised, Owned, Versioned, TenantBase):
    """Somebody who may become a customer, as far as one knows."""

    rights_stem = "crm.lead"
    rights_label = N_("Leads")

    __tablename__ = "crm_lead"
    __table_args__ = (
        choice_check("state", LeadState),
        CheckConstraint("state <> 'disqualified' OR disqualified_reason IS NOT NULL", name="disqualified_has_reason"),
        CheckConstraint("state <> 'converted' OR party_id IS NOT NULL", name="converted_has_party"),
        Index("ix_crm_lead_list", "created_at", "id"),
        Index("ix_crm_lead_score", "score", "id"),
        Index("ix_crm_lead_search", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "ext.gin_trgm_ops"}),
    )

    name: Mapped[str] = mapped_column(String(80), info={"label": N_("Name of the person")})
    company: Mapped[str | None] = mapped_column(String(200), info={"label": N_("Company")})
    position: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Position")})
    phone: Mapped[str | None] = mapped_column(String(40), info={"label": N_("Phone"), "kind": "tel"})
    email: Mapped[str | None] = mapped_column(String(254), info={"label": N_("E-mail"), "kind": "email"})
    region: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Region")})
    industry: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Industry")})
    source: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Source")})
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_product.id"), index=True, info={"label": N_("Interested in")})
    need: Mapped[str | None] = mapped_column(Text, info={"label": N_("Need"), "kind": "textarea"})
    credit_code: Mapped[str | None] = mapped_column(String(18), info={"label": N_("Unified social credit code")})
    state: Mapped[LeadState] = mapped_column(
        choice(LeadState),
        default=LeadState.NEW,
        info={
            "label": N_("State"),
            "choices": {
                "new": N_("New lead"),
                "working": N_("In contact"),
                "converted": N_("Converted"),
                "disqualified": N_("Disqualified"),
            },
            "tones": {"new": "info", "working": "warn", "converted": "ok", "disqualified": "mute"},
        },
    )
    score: Mapped[int] = mapped_column(Integer, default=0, info={"label": N_("Score")})
    score_reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, doc="Rules that gave points: {rule, points}.")
    held_since: Mapped[datetime | None] = mapped_column(doc="Since when the owner holds it.")
    last_activity_at: Mapped[datetime] = mapped_column(default=clock.now)
    form_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_web_form.id", ondelete="SET NULL"), doc="The web form it came through.")
    consent: Mapped[dict[str, Any] | None] = mapped_column(JSONB, doc="What was agreed to: {text, at, ip, agent}.")
    disqualified_reason: Mapped[str | None] = mapped_column(String(200))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_party.id"), index=True, doc="The customer it became.")
    converted_at: Mapped[datetime | None]
    made_by: Mapped[str] = mapped_column(String(80), default="")
    search_text: Mapped[str] = mapped_column(Text, info={"holds": ("company", "name", "phone", "email")})


class Operator(enum.StrEnum):
    """How a rule looks at a field."""

    EQUALS = "equals"
    CONTAINS = "contains"
    IN = "in"
    FILLED = "filled"
    EMPTY = "empty"


def _fields() -> list[tuple[str, str]]:
    """Fields of a lead that rules may look at."""
    columns: Any = Lead.__table__.c
    return [(name, label_of(name, columns[name])) for name in RULE_FIELDS]


RULE_FIELDS = ("source", "region", "industry", "company", "position", "phone", "email", "need", "product_id")
OPERATORS = {
    "equals": N_("is"),
    "contains": N_("contains"),
    "in": N_("is one of"),
    "filled": N_("is filled in"),
    "empty": N_("is empty"),
}


class ScoringRule(TenantBase):
    """Points for a lead whose field fits.  Points may be negative."""

    __tablename__ = "crm_scoring_rule"
    __table_args__ = (choice_check("operator", Operator),)

    name: Mapped[str] = mapped_column(String(80), unique=True, info={"label": N_("Name")})
    field: Mapped[str] = mapped_column(String(40), info={"label": N_("Field"), "options": _fields})
    operator: Mapped[Operator] = mapped_column(
        choice(Operator), default=Operator.EQUALS, info={"label": N_("Comparison"), "choices": OPERATORS}
    )
    value: Mapped[str | None] = mapped_column(
        String(200), info={"label": N_("Value"), "help": N_("For “is one of”: several, with commas between them")}
    )
    points: Mapped[int] = mapped_column(Integer, info={"label": N_("Points")})
    active: Mapped[bool] = mapped_column(default=True, info={"label": N_("In use")})


class AssignmentRule(TenantBase):
    """Whose a new lead becomes.  Rules are tried in order; the first that fits and has somebody free decides."""

    __tablename__ = "crm_assignment_rule"
    __table_args__ = (choice_check("operator", Operator), CheckConstraint("load_max > 0", name="load_positive"))

    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(Integer, default=0)
    field: Mapped[str | None] = mapped_column(String(40), doc="Empty: fits every lead.")
    operator: Mapped[Operator] = mapped_column(choice(Operator), default=Operator.EQUALS)
    value: Mapped[str] = mapped_column(String(200), default="")
    by_load: Mapped[bool] = mapped_column(default=False, doc="To whom has fewest open leads; else in turn.")
    load_max: Mapped[int | None] = mapped_column(Integer, doc="Nobody gets more open leads than this.")
    employees: Mapped[list[str]] = mapped_column(JSONB, default=list, doc="Ids of those who take turns.")
    last_employee_id: Mapped[UUID | None] = mapped_column(doc="Who had the last turn.")
    active: Mapped[bool] = mapped_column(default=True)


class WebForm(Versioned, TenantBase):
    """A form that strangers fill in on the company's web site.  ``key`` is its address; whoever has it may send leads, no more."""

    __tablename__ = "crm_web_form"

    name: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    intro: Mapped[str | None] = mapped_column(Text)
    fields: Mapped[list[str]] = mapped_column(JSONB, default=list)
    consent_text: Mapped[str] = mapped_column(Text)
    thanks: Mapped[str] = mapped_column(String(300))
    source: Mapped[str] = mapped_column(String(80))
    sites: Mapped[list[str]] = mapped_column(JSONB, default=list, doc="Origins that may show the form in a frame.")
    active: Mapped[bool] = mapped_column(default=True)
