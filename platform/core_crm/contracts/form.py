"""The form of a contract: texts in, a contract out, and messages beside the cell that is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Self
from uuid import UUID

from litestar.datastructures import FormMultiDict

from core_crm.contracts.model import Contract
from core_crm.contracts.service import ROWS_MAX, ContractInput, ContractInvalid, InstalmentInput, MilestoneInput
from kernel.errors import FieldError
from kernel.i18n import gettext as _

HEAD = (
    "title", "party_id", "party_name", "further_parties", "customer_reference", "signed_on", "starts_on", "ends_on", "amount", "currency",
    "remind_days", "remark", "quote_id", "order_id", "version",
)  # fmt: skip
MILESTONE = ("milestone_id", "milestone_name", "milestone_due_on")
INSTALMENT = ("instalment_name", "instalment_due_on", "instalment_amount")
BLANK_ROWS = 2


@dataclass
class ContractForm:
    """What was typed, rows of the two tables included."""

    head: dict[str, Any]
    milestones: list[dict[str, str]]
    instalments: list[dict[str, str]]
    errors: list[FieldError] = field(default_factory=list)

    @classmethod
    def of(cls, form: FormMultiDict) -> Self:
        head = {name: str(form.get(name, "")).strip() for name in HEAD}
        return cls(head, _rows(form, MILESTONE), _rows(form, INSTALMENT))

    @classmethod
    def from_contract(cls, contract: Contract) -> "ContractForm":
        head: dict[str, Any] = {name: _text(getattr(contract, name)) for name in HEAD}
        milestones = [
            {"milestone_id": str(each.id), "milestone_name": each.name, "milestone_due_on": _text(each.due_on)}
            for each in contract.milestones
        ]
        instalments = [
            {"instalment_name": each.name, "instalment_due_on": _text(each.due_on), "instalment_amount": f"{each.amount:.2f}"}
            for each in contract.instalments
        ]
        return cls(head, milestones, instalments)

    def version(self) -> int | None:
        return int(self.head["version"]) if self.head["version"].isdecimal() else None

    def contract(self) -> ContractInput:
        """What the form says.

        Raises:
            ContractInvalid: something cannot be read.
        """
        self.errors = []
        head = self.head
        party_id = self._id("party_id", head["party_id"])
        starts_on, ends_on = self.day("starts_on", head["starts_on"]), self.day("ends_on", head["ends_on"])
        signed_on = self.day("signed_on", head["signed_on"])
        amount = self.number("amount", head["amount"])
        for name, message in (
            ("title", _("Please enter a title.")),
            ("starts_on", _("Enter the first day.")),
            ("ends_on", _("Enter the last day.")),
        ):
            if not head[name]:
                self.errors.append(FieldError(name, message))
        days = head["remind_days"] or "30"
        if not (days.isdecimal() and int(days) <= 365):
            self.errors.append(FieldError("remind_days", _("Enter a number of days, for example 14.")))
        for name, most in (("title", 120), ("further_parties", 400), ("customer_reference", 60), ("remark", 2000)):
            if len(head[name]) > most:
                self.errors.append(FieldError(name, _("At most %(most)s characters.", most=most)))
        milestones, instalments = self._milestones(), self._instalments()
        if self.errors or starts_on is None or ends_on is None:
            raise ContractInvalid(self.errors[0].message, errors=self.errors)
        return ContractInput(
            title=head["title"],
            party_id=party_id,
            starts_on=starts_on,
            ends_on=ends_on,
            signed_on=signed_on,
            amount=amount,
            currency=head["currency"] or None,
            further_parties=head["further_parties"] or None,
            customer_reference=head["customer_reference"] or None,
            remind_days=int(days),
            remark=head["remark"] or None,
            quote_id=self._id("quote_id", head["quote_id"]),
            order_id=self._id("order_id", head["order_id"]),
            milestones=milestones,
            instalments=instalments,
        )

    def messages(self, errors: Sequence[FieldError]) -> Mapping[str, str]:
        """Messages by the names of the form's cells."""
        filled = [n for n, row in enumerate(self.instalments) if _filled(row)]
        found: dict[str, str] = {}
        for error in errors:
            parts = error.field.split(".")
            if parts[0] == "instalments" and len(parts) == 3 and error not in self.errors:
                parts[1] = str(filled[int(parts[1])])
            name = ".".join(parts)
            found.setdefault("" if name == "instalments" else name, error.message)
        return found

    def _milestones(self) -> list[MilestoneInput]:
        found = []
        for n, row in enumerate(self.milestones):
            if not row["milestone_name"] and not row["milestone_due_on"]:
                continue
            if not row["milestone_name"]:
                self.errors.append(FieldError(f"milestones.{n}.name", _("Please enter a name.")))
                continue
            due_on = self.day(f"milestones.{n}.due_on", row["milestone_due_on"])
            milestone_id = self._id(f"milestones.{n}.name", row["milestone_id"])
            found.append(MilestoneInput(id=milestone_id, name=row["milestone_name"][:120], due_on=due_on))
        return found

    def _instalments(self) -> list[InstalmentInput]:
        found: list[InstalmentInput] = []
        for n, row in enumerate(self.instalments):
            if not _filled(row):
                continue
            due_on = self.day(f"instalments.{n}.due_on", row["instalment_due_on"])
            amount = self.number(f"instalments.{n}.amount", row["instalment_amount"])
            if not row["instalment_due_on"]:
                self.errors.append(FieldError(f"instalments.{n}.due_on", _("Enter the day it is due.")))
            if not row["instalment_amount"]:
                self.errors.append(FieldError(f"instalments.{n}.amount", _("Enter an amount, for example 1280.50.")))
            if due_on and amount is not None:
                name = row["instalment_name"][:120] or _("Payment %(no)s", no=len(found) + 1)
                found.append(InstalmentInput(name=name, due_on=due_on, amount=amount))
        return found

    def number(self, name: str, text: str) -> Decimal | None:
        """The number in a text; what cannot be read is noted as an error of ``name``."""
        if not text:
            return None
        try:
            return Decimal(text.replace(",", "").replace("，", ""))
        except InvalidOperation:
            self.errors.append(FieldError(name, _("“%(text)s” is no number; enter for example 128.50.", text=text[:40])))
            return None

    def day(self, name: str, text: str) -> date | None:
        """The day in a text; what cannot be read is noted as an error of ``name``."""
        if not text:
            return None
        try:
            return date.fromisoformat(text.replace("/", "-"))
        except ValueError:
            self.errors.append(FieldError(name, _("“%(text)s” is no date; enter for example 2026-11-23.", text=text[:40])))
            return None

    def _id(self, name: str, text: str) -> UUID | None:
        try:
            return UUID(text) if text else None
        except ValueError:
            self.errors.append(FieldError(name, _("Choose one of the list.")))
            return None


def _rows(form: FormMultiDict, names: Sequence[str]) -> list[dict[str, str]]:
    columns = {name: [str(value).strip() for value in form.getall(name, [])] for name in names}
    count = min(max(len(values) for values in columns.values()), ROWS_MAX)
    return [{name: values[n] if n < len(values) else "" for name, values in columns.items()} for n in range(count)]


def _filled(row: Mapping[str, str]) -> bool:
    return bool(row["instalment_name"] or row["instalment_due_on"] or row["instalment_amount"])


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else str(value)
