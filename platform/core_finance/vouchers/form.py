"""The voucher as the entry grid sends it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol, cast
from uuid import UUID

import msgspec

from core_finance.chart.model import WORDS
from core_finance.posting.errors import SummaryMissing
from core_finance.posting.voucher import NewLine, NewVoucher
from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.web import id_in

CELLS = ("summary", "account", "extra", "debit", "credit")
HEAD = ("word", "on", "attachments", "version", "draft_id", "key")
ROWS = 6
_AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})")
_WIDE = str.maketrans("０１２３４５６７８９．，＋－", "0123456789.,+-")
_PLACES = {"amount": 2, "rate": 8, "quantity": 6}


class Told(Protocol):
    """A line of a voucher: typed, kept as a draft, or on its way."""

    @property
    def summary(self) -> str: ...


class Extra(msgspec.Struct, omit_defaults=True):
    """What a line says beside account and amount, as the grid writes it into one hidden field.

    ``dims`` are kind -> [id, name]; amounts are as they were typed.  ``price`` is only shown: it is not kept.
    """

    dims: dict[str, list[str]] = {}
    currency: str = ""
    amount: str = ""
    rate: str = ""
    quantity: str = ""
    price: str = ""
    item: str = ""


@dataclass
class VoucherForm:
    """What was typed.  ``rows`` hold the cells of each line; empty lines are skipped when the voucher is read."""

    head: dict[str, str]
    rows: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, form: Any) -> "VoucherForm":
        head = {name: str(form.get(name, "")) for name in HEAD}
        columns = [[str(value) for value in form.getall(name, [])] for name in CELLS]
        count = max(map(len, columns), default=0)
        rows = [{name: column[i] if i < len(column) else "" for name, column in zip(CELLS, columns, strict=True)} for i in range(count)]
        return cls(head, rows)

    @classmethod
    def blank(cls, on: date, word: str = WORDS[0]) -> "VoucherForm":
        """An empty form, with a key of its own: pressed twice, it posts once."""
        return cls({"word": word, "on": on.isoformat(), "attachments": "0", "version": "", "draft_id": "", "key": str(new_id())})

    @classmethod
    def filled(cls, on: date, word: str, lines: Iterable[Any], names: Mapping[str, str], labels: Mapping[UUID, str]) -> "VoucherForm":
        """A new voucher with these lines, of a posted voucher, a draft or a template.  ``names`` are account names by code."""
        form = cls.blank(on, word)
        form.rows = [row_of(line, names, labels) for line in lines]
        return form

    @property
    def blank_rows(self) -> int:
        """Empty lines to draw below what was typed."""
        return max(0, ROWS - len(self.rows)) if not self.rows else max(0, min(2, ROWS - len(self.rows)))

    @property
    def draft_id(self) -> UUID | None:
        return id_in(self.head["draft_id"])

    @property
    def version(self) -> int | None:
        return int(self.head["version"]) if self.head["version"].isdecimal() else None

    def positions(self) -> Sequence[int]:
        """Places of the lines that are not empty: errors come by line, the grid counts its rows."""
        return [i for i, row in enumerate(self.rows) if any(row[name].strip() for name in ("account", "debit", "credit"))]

    def voucher(self, *, posting: bool = False) -> NewVoucher:
        """The voucher that was typed.  A line without a summary has that of the line above it.

        Raises:
            Invalid: with what is wrong in which cell.
            SummaryMissing: it is to be posted, nothing else is wrong, and nothing says what happened.
        """
        problems: list[FieldError] = []
        kept = self.positions()
        lines = _inherited([_line(self.rows[i], position, problems) for position, i in enumerate(kept)])
        silent = summary_missing(lines) if posting else None
        on = _date(self.head["on"], problems)
        attachments = self.head["attachments"].strip() or "0"
        if not attachments.isdecimal() or int(attachments) > 9999:
            problems.append(FieldError("attachments", _("Count of attachments: a number up to 9999.")))
        if problems:
            raise Invalid(problems[0].message, errors=[*(silent.errors if silent else ()), *problems])
        if silent:
            raise silent
        key = id_in(self.head.get("key", ""))
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


def summary_missing(lines: Sequence[Told]) -> SummaryMissing | None:
    """A voucher that a person enters says what happened: in its first line at least, the others may follow it."""
    if not lines or lines[0].summary.strip():
        return None
    return SummaryMissing(_("Say in the summary what happened; the lines below take it over."), field="lines.0.summary")


def _inherited(lines: Sequence[NewLine]) -> list[NewLine]:
    made: list[NewLine] = []
    for line in lines:
        made.append(line if line.summary or not made else replace(line, summary=made[-1].summary))
    return made


def row_of(line: Any, names: Mapping[str, str], labels: Mapping[UUID, str]) -> dict[str, str]:
    """The cells of a line: a posted one, or one on its way (``NewLine``)."""
    base = line.debit or line.credit
    extra = Extra(
        dims={kind: [str(value), labels.get(value, "")] for kind, value in line.dimensions.items()},
        currency=line.currency or "" if line.currency_amount is not None else "",
        amount=_plain(line.currency_amount), rate=_plain(line.rate if line.currency_amount is not None else None),
        quantity=_plain(line.quantity), price=_plain(round(base / line.quantity, 6)) if line.quantity else "",
        item=str(line.cash_item or ""),
    )  # fmt: skip
    return {
        "summary": line.summary, "account": f"{line.account} {names.get(line.account, '')}".strip(), "extra": written(extra),
        "debit": _shown(line.debit), "credit": _shown(line.credit),
    }  # fmt: skip


def written(extra: Extra) -> str:
    """The hidden field; empty where there is nothing to say."""
    text = msgspec.json.encode(extra).decode()
    return "" if text == "{}" else text


def amount(text: str) -> Decimal:
    """A number as people type it: ``1,280.50``, full-width too.  Nobody types powers of ten, and huge ones break sums.

    Raises:
        InvalidOperation: it is none.
    """
    clean = text[:100].translate(_WIDE).replace(",", "").strip()
    if clean and not _AMOUNT.fullmatch(clean):
        raise InvalidOperation
    return Decimal(clean) if clean else Decimal(0)


def _line(row: Mapping[str, str], position: int, problems: list[FieldError]) -> NewLine:
    at = f"lines.{position}"
    sides = {side: _number(row[side], f"{at}.{side}", problems) or Decimal(0) for side in ("debit", "credit")}
    try:
        extra = msgspec.json.decode(row.get("extra") or "{}", type=Extra)
    except msgspec.MsgspecError:
        extra = Extra()
        problems.append(FieldError(f"{at}.extra", _("The details of this line cannot be read; fill them in again.")))
    code = row["account"].split(" ")[0].replace(".", "")
    if not code:
        problems.append(FieldError(f"{at}.account", _("Choose an account; F7 lists them.")))
    if extra.item and not (extra.item.isascii() and extra.item.isdecimal() and len(extra.item) < 4):
        problems.append(
            FieldError(f"{at}.cash_item", _("%(text)s is no line of the cash flow statement; choose one.", text=extra.item[:20]))
        )
        extra = msgspec.structs.replace(extra, item="")
    numbers = {name: _number(getattr(extra, name), f"{at}.{name}", problems, places) for name, places in _PLACES.items()}
    return NewLine(
        account=code[:30], summary=row["summary"].strip()[:200], debit=sides["debit"], credit=sides["credit"],
        dimensions=_dimensions(extra, at, problems), currency=extra.currency[:3] or None if numbers["amount"] is not None else None,
        currency_amount=numbers["amount"], rate=numbers["rate"] if numbers["amount"] is not None else None, quantity=numbers["quantity"],
        cash_item=int(extra.item) if extra.item else None,
    )  # fmt: skip


def _dimensions(extra: Extra, at: str, problems: list[FieldError]) -> dict[str, UUID]:
    found: dict[str, UUID] = {}
    for kind, chosen in extra.dims.items():
        value, name = (*chosen, "", "")[:2]
        if chosen_id := id_in(value):
            found[kind] = chosen_id
        elif name.strip():
            problems.append(FieldError(f"{at}.dimensions", _("Choose %(name)s from the list.", name=name)))
    return found


def _number(text: str, at: str, problems: list[FieldError], places: int = 2) -> Decimal | None:
    try:
        value = amount(text)
        if not value.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        problems.append(FieldError(at, _("%(text)s is no amount; type digits like 1280.50.", text=text)))
        return None
    if not text.strip():
        return None
    # Amounts in the base currency are judged by the posting engine; these have no other judge.
    if cast("int", value.as_tuple().exponent) < -places and not at.endswith(("debit", "credit")):
        problems.append(FieldError(at, _("%(value)s is no amount with at most %(places)s decimals.", value=text, places=places)))
    return value


def _date(text: str, problems: list[FieldError]) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(FieldError("on", _("%(text)s is no day; write it like 2026-11-23.", text=text or "-")))
        return date(1900, 1, 1)


def _shown(value: Decimal) -> str:
    return f"{value:.2f}" if value else ""


def _plain(value: Decimal | None) -> str:
    return f"{value.normalize():f}" if value else ""
