"""The form of an opportunity, and the form of a pipeline: texts in, values out, and messages beside what is wrong."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from litestar.datastructures import FormMultiDict

from core_crm.orders.form import OrderForm, row_of
from core_crm.pipeline.model import Opportunity, Pipeline, StageKind
from core_crm.pipeline.service import CompetitorInput, OpportunityInput, OpportunityInvalid
from core_crm.pipeline.setup import PipelineInput, PipelineInvalid, StageInput
from kernel.errors import FieldError
from kernel.i18n import gettext as _
from kernel.web import id_in

STAGE_FIELDS = ("id", "stage_name", "kind", "probability", "stale_days", "required", "criteria")
NEW_STAGES = 2


class OpportunityForm(OrderForm):
    """What was typed about an opportunity; its lines are those of an order.  ``own`` are the company's own fields by code."""

    own: dict[str, Any] | None = None

    HEAD: ClassVar[tuple[str, ...]] = (
        "party_id", "party_name", "name", "amount", "currency", "expected_on", "source", "contact_id", "owner_id", "remark", "competitors",
        "pipeline_id", "stage_id",
    )  # fmt: skip

    @classmethod
    def from_opportunity(cls, opportunity: Opportunity, party_name: str) -> "OpportunityForm":
        o = opportunity
        head = {
            "party_id": str(o.party_id),
            "party_name": party_name,
            "name": o.name,
            "amount": f"{o.amount:.2f}" if o.amount else "",
            "currency": o.currency,
            "expected_on": o.expected_on.isoformat() if o.expected_on else "",
            "source": o.source or "",
            "contact_id": str(o.contact_id or ""),
            "owner_id": str(o.owner_id or ""),
            "remark": o.remark or "",
            "competitors": "\n".join(f"{c.name}：{c.remark}" if c.remark else c.name for c in o.competitors),
            "version": str(o.version),
        }
        form = cls(head, [row_of(line) for line in o.lines])
        form.own = dict(o.custom or {})
        return form

    def opportunity(self) -> OpportunityInput:
        """What the form says.

        Raises:
            OpportunityInvalid: something cannot be read.
        """
        self.errors = []
        party_id = self._id("party_id", self.head["party_id"])
        if party_id is None and not self.errors:
            self.errors.append(FieldError("party_id", _("Choose a customer from the list.")))
        values: dict[str, Any] = {
            "name": self._short("name", self.head["name"], 120),
            "amount": self._number("amount", self.head["amount"]) or Decimal(0),
            "currency": self.head["currency"] or None,
            "expected_on": self._day("expected_on"),
            "source": self._short("source", self.head["source"], 80),
            "contact_id": self._id("contact_id", self.head["contact_id"]),
            "owner_id": self._id("owner_id", self.head["owner_id"]),
            "remark": self._short("remark", self.head["remark"], 2000),
            "competitors": self._competitors(),
            "lines": self._lines(),
            "custom": self.own,
        }
        if not values["name"]:
            self.errors.append(FieldError("name", _("Say what it is about, for example “Coffee machines for three shops”.")))
        if self.errors or party_id is None:
            raise OpportunityInvalid(self.errors[0].message, errors=self.errors)
        return OpportunityInput(party_id=party_id, **values)

    def _competitors(self) -> list[CompetitorInput]:
        """One a line: name, and after a colon what is known."""
        found = []
        for line in self.head["competitors"].replace("：", ":").splitlines():
            name, _colon, remark = line.partition(":")
            if name.strip():
                found.append(CompetitorInput(name=name.strip()[:80], remark=remark.strip()[:200] or None))
        return found[:20]


def pipeline_values(pipeline: Pipeline | None) -> dict[str, Any]:
    """A pipeline as its form shows it, with room for more stages."""
    rows = [
        {
            "id": str(stage.id),
            "stage_name": stage.name,
            "kind": stage.kind.value,
            "probability": f"{stage.probability.normalize():f}",
            "stale_days": str(stage.stale_days or ""),
            "required": stage.required,
            "criteria": "\n".join(stage.criteria),
        }
        for stage in (pipeline.stages if pipeline else ())
    ]
    if pipeline is None:
        rows = [_blank(kind) for kind in (StageKind.OPEN, StageKind.OPEN, StageKind.WON, StageKind.LOST)]
    name, active, version = (pipeline.name, pipeline.active, pipeline.version) if pipeline else ("", True, "")
    return {"name": name, "active": active, "version": version, "stages": rows + [_blank(StageKind.OPEN)] * (NEW_STAGES if pipeline else 0)}


def typed_pipeline(form: FormMultiDict) -> dict[str, Any]:
    """What was typed: the fields of the stages are numbered."""
    count = min(int(form.get("count", "0")) if str(form.get("count", "")).isdecimal() else 0, 40)
    rows = []
    for n in range(count):
        row: dict[str, Any] = {name: str(form.get(f"{name}.{n}", "")).strip() for name in STAGE_FIELDS}
        row["required"] = [str(value) for value in form.getall(f"required.{n}", [])]
        rows.append(row)
    return {"name": str(form.get("name", "")).strip(), "active": "active" in form, "version": str(form.get("version", "")), "stages": rows}


def read_pipeline(values: Mapping[str, Any]) -> PipelineInput:
    """The pipeline that was typed; rows without a name are none.

    Raises:
        PipelineInvalid
    """
    errors: list[FieldError] = []
    stages = []
    if not values["name"]:
        errors.append(FieldError("name", _("Please enter a name.")))
    for n, row in enumerate(values["stages"]):
        if not row["stage_name"]:
            continue
        try:
            chance = Decimal((row["probability"] or "0").rstrip("%"))
        except InvalidOperation:
            chance = Decimal(0)
            errors.append(FieldError(f"probability.{n}", _("Enter a number, for example 50.")))
        days = row["stale_days"]
        if days and not (days.isdecimal() and 0 < int(days) <= 3650):
            errors.append(FieldError(f"stale_days.{n}", _("Enter a number of days, for example 14.")))
            days = ""
        stages.append(
            StageInput(
                id=id_in(row["id"]),
                name=row["stage_name"][:60],
                kind=StageKind(row["kind"]) if row["kind"] in set(StageKind) else StageKind.OPEN,
                probability=chance,
                required=row["required"],
                criteria=[line.strip()[:120] for line in row["criteria"].splitlines() if line.strip()][:20],
                stale_days=int(days) if days else None,
            )
        )
    if errors:
        raise PipelineInvalid(errors[0].message, errors=errors)
    return PipelineInput(name=values["name"][:60], active=values["active"], stages=stages)


def _blank(kind: StageKind) -> dict[str, Any]:
    return dict.fromkeys(STAGE_FIELDS, "") | {"kind": kind.value, "required": []}
