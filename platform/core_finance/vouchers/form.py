"""The voucher as the entry grid sends it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from core_finance.chart.model import WORDS
from core_finance.posting.reading import VoucherView
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.vouchers.model import Draft
from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id

CELLS = ("summary", "account", "aux", "aux_kind", "aux_id", "debit", "credit")
ROWS = 6


@dataclass
class VoucherForm:
    """What was typed.  ``rows`` hold the cells of each line; empty lines are skipped when the voucher is read."""

    head: dict[str, str]
    rows: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, form: Any) -> "VoucherForm":
        head = {name: str(form.get(name, "")) for name in ("word", "on", "attachments", "version", "draft_id", "key")}
        columns = [[str(value) for value in form.getall(name, [])] for name in CELLS]
        count = max(map(len, columns), default=0)
        rows = [{name: column[i] if i < len(column) else "" for name, column in zip(CELLS, columns, strict=True)} for i in range(count)]
        return cls(head, rows)

    @classmethod
    def blank(cls, on: date) -> "VoucherForm":
        """An empty form, with a key of its own: pressed twice, it posts once."""
        return cls({"word": WORDS[0], "on": on.isoformat(), "attachments": "0", "version": "", "draft_id": "", "key": str(new_id())})

    @classmethod
    def of_draft(cls, draft: Draft, names: Mapping[str, str], labels: Mapping[UUID, str]) -> "VoucherForm":
        """A draft to edit.  ``names`` are account names by code, ``labels`` names of parties and departments by id."""
        head = {
            "word": draft.word, "on": draft.entry_on.isoformat(), "attachments": str(draft.attachments), "version": str(draft.version),
            "draft_id": str(draft.id), "key": "",
        }  # fmt: skip
        rows = []
        for line in draft.lines:
            kinds = [kind for kind in ("party", "department") if getattr(line, f"{kind}_id")]
            kind = kinds[0] if kinds else ""
            value = getattr(line, f"{kind}_id") if kind else None
            rows.append({
                "summary": line.summary, "account": f"{line.account} {names.get(line.account, '')}".strip(), "aux_kind": kind,
                "aux": labels.get(value, "") if value else "", "aux_id": str(value or ""),
                "debit": _shown(line.debit), "credit": _shown(line.credit),
            })  # fmt: skip
        return cls(head, rows)

    @classmethod
    def copy_of(cls, voucher: VoucherView, on: date, labels: Mapping[UUID, str]) -> "VoucherForm":
        """A new voucher with the lines of a posted one."""
        form = cls.blank(on)
        form.head["word"] = voucher.word
        for line in voucher.lines:
            kind, value = next(iter(line.dimensions.items()), ("", None))
            form.rows.append({
                "summary": line.summary, "account": f"{line.account} {line.account_name}", "aux_kind": kind,
                "aux": labels.get(value, "") if value else "", "aux_id": str(value or ""),
                "debit": _shown(line.debit), "credit": _shown(line.credit),
            })  # fmt: skip
        return form

    @property
    def blank_rows(self) -> int:
        """Empty lines to draw below what was typed."""
        return max(0, ROWS - len(self.rows)) if not self.rows else max(0, min(2, ROWS - len(self.rows)))

    @property
    def draft_id(self) -> UUID | None:
        return _id(self.head["draft_id"])

    @property
    def version(self) -> int | None:
        return int(self.head["version"]) if self.head["version"].isdecimal() else None

    def positions(self) -> Sequence[int]:
        """Places of the lines that are not empty: errors come by line, the grid counts its rows."""
        return [i for i, row in enumerate(self.rows) if any(row[name].strip() for name in ("account", "debit", "credit"))]

    def voucher(self) -> NewVoucher:
        """The voucher that was typed.

        Raises:
            Invalid: with what is wrong in which cell.
        """
        problems: list[FieldError] = []
        kept = self.positions()
        lines = [_line(self.rows[i], position, problems) for position, i in enumerate(kept)]
        on = _date(self.head["on"], problems)
        attachments = self.head["attachments"].strip() or "0"
        if not attachments.isdecimal() or int(attachments) > 9999:
            problems.append(FieldError("attachments", _("Count of attachments: a number up to 9999.")))
        if problems:
            raise Invalid(problems[0].message, errors=problems)
        key = _id(self.head.get("key", ""))
        return NewVoucher(
            on=on,
            lines=lines,
            word=self.head["word"] or WORDS[0],
            attachments=int(attachments),
            idempotency_key=f"form:{key}" if key else None,
        )

    def by_row(self, errors: Mapping[str, str]) -> dict[str, str]:
        """Errors of lines (``lines.1.account``) as errors of the grid's rows, where empty ones lie between."""
        kept = self.positions()
        found = {}
        for name, message in errors.items():
            parts = name.split(".")
            place = name if name != "lines" else ""
            if len(parts) == 3 and parts[0] == "lines" and int(parts[1]) < len(kept):
                place = f"lines.{kept[int(parts[1])]}.{parts[2]}"
            found[place] = message
        return found


def amount(text: str) -> Decimal:
    """A number as people type it: ``1,280.50``, full-width too.

    Raises:
        InvalidOperation: it is none.
    """
    clean = text.replace(",", "").replace("，", "").replace("．", ".").strip()
    return Decimal(clean) if clean else Decimal(0)


def _line(row: Mapping[str, str], position: int, problems: list[FieldError]) -> NewLine:
    sides = {}
    for side in ("debit", "credit"):
        try:
            sides[side] = amount(row[side])
            if not sides[side].is_finite():
                raise InvalidOperation
        except InvalidOperation:
            sides[side] = Decimal(0)
            problems.append(FieldError(f"lines.{position}.{side}", _("%(text)s is no amount; type digits like 1280.50.", text=row[side])))
    dimensions: dict[str, UUID] = {}
    if row["aux"].strip():
        try:
            dimensions[row["aux_kind"] or "party"] = UUID(row["aux_id"])
        except ValueError:
            problems.append(FieldError(f"lines.{position}.aux", _("Choose %(name)s from the list.", name=row["aux"])))
    code = row["account"].split(" ")[0].replace(".", "")
    if not code:
        problems.append(FieldError(f"lines.{position}.account", _("Choose an account; F7 lists them.")))
    return NewLine(
        account=code[:30], summary=row["summary"].strip()[:200], debit=sides["debit"], credit=sides["credit"], dimensions=dimensions
    )


def _date(text: str, problems: list[FieldError]) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(FieldError("on", _("%(text)s is no day; write it like 2026-11-23.", text=text or "-")))
        return date(1900, 1, 1)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shown(value: Decimal) -> str:
    return f"{value:.2f}" if value else ""
