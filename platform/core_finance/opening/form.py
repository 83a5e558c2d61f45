"""The page's rows: made of what stands, read from what was typed or from a file."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec

from core_finance.chart.model import PROFIT_AND_LOSS, Account, Ledger
from core_finance.chart.service import accounts, shown_name
from core_finance.dimensions.references import found_by, names_of
from core_finance.dimensions.service import names
from core_finance.opening.model import ZERO, Entry
from core_finance.opening.shape import DIMENSION, Shape, kinds_of
from core_finance.tables import Row
from core_finance.vouchers.form import amount
from kernel.errors import FieldError
from kernel.i18n import gettext as _
from kernel.work import Work


async def rows_of(work: Work, ledger: Ledger, shape: Shape, entries: Sequence[Entry], *, for_file: bool = False) -> list[dict[str, Any]]:
    """A row for each entry, and an empty one for each other account that can be posted to.

    In a file each value has the name by which it is found again, a code mostly; on the page the one that people know.
    """
    pairs = {pair for entry in entries for pair in entry.dimensions.items()}
    called: Mapping[Any, str] = await names_of(work, pairs) if for_file else await names(work, pairs)
    typed = []
    for entry in entries:
        texts = {kind: called.get((kind, value) if for_file else value, str(value)) for kind, value in entry.dimensions.items()}
        held = {kind: (str(value), texts[kind]) for kind, value in entry.dimensions.items()}
        typed.append({
            "account": entry.account, "held": msgspec.json.encode(held).decode(),
            **{DIMENSION + kind: text for kind, text in texts.items()}, **{name: _shown(getattr(entry, name)) for name in shape.figures},
        })  # fmt: skip
    return await complete(work, ledger, typed)


async def complete(work: Work, ledger: Ledger, typed: Sequence[Row]) -> list[dict[str, Any]]:
    """What was typed in the order of the chart, with the accounts' names, and empty rows for what was not."""
    by_account: dict[str, list[Row]] = {}
    for row in typed:
        by_account.setdefault(row["account"], []).append(row)
    made: list[dict[str, Any]] = []
    for account in await accounts(work, ledger, leaves=True):
        own = by_account.pop(account.code, [])
        if account.is_active or own:
            made += [drawn(account, row) for row in own or [{}]]
    return made + [{**row, "name": "", "keeps": (), "shows": (), "is_result": False} for rows in by_account.values() for row in rows]


def drawn(account: Account, row: Row, *, whole: bool = False) -> dict[str, Any]:
    """A row as the template draws it: with a field for each dimension that is required or filled, or for the party where it may be
    named; ``whole`` for each that is kept.
    """
    kept = kinds_of(account)
    filled = [kind for kind in kept if kind in account.required_dimensions or kind == "party" or row.get(DIMENSION + kind)]
    return {
        **row, "shows": kept if whole else filled, "account": account.code, "name": shown_name(account), "keeps": kept,
        "requires": account.required_dimensions, "is_result": account.category in PROFIT_AND_LOSS, "currency": account.currency,
        "unit": account.unit,
    }  # fmt: skip


async def read_rows(work: Work, ledger: Ledger, shape: Shape, typed: Sequence[Row]) -> tuple[list[Entry], list[int], list[FieldError]]:
    """The entries of the rows that are not empty, the place of each, and what cannot be read, by place."""
    asked = {(kind.key, text) for row in typed for kind in shape.kinds if (text := row.get(DIMENSION + kind.key, "").strip())}
    known = await found_by(work, asked)
    labels = {kind.key: kind.label for kind in shape.kinds}
    entries: list[Entry] = []
    places: list[int] = []
    problems: list[FieldError] = []
    for place, row in enumerate(typed):
        if not any(row.get(name, "").strip() for name in shape.figures):
            continue
        figures = _figures(shape, row, place, problems)
        result = figures.pop("result", None) if row.get("result", "").strip() else None
        figures.pop("result", None)
        code = row.get("account", "").replace(".", "")[:30]
        dimensions = _dimensions(row, place, known, labels, problems)
        entries.append(Entry(account=code, dimensions=dimensions, result=result, **figures))
        places.append(place)
    return entries, places, problems


def _dimensions(
    row: Row, place: int, known: Mapping[tuple[str, str], set[UUID]], labels: Mapping[str, str], problems: list[FieldError]
) -> dict[str, UUID]:
    """What the row names.  A text that was not touched means the value that was drawn, though another has the same name."""
    held = _held(row.get("held", ""))
    dimensions: dict[str, UUID] = {}
    for kind, label in labels.items():
        text = row.get(DIMENSION + kind, "").strip()
        if not text:
            continue
        found = known.get((kind, text), set())
        if kind in held and held[kind][1] == text:
            dimensions[kind] = held[kind][0]
        elif len(found) == 1:
            dimensions[kind] = next(iter(found))
        else:
            facts = {"account": row.get("account", ""), "kind": label, "name": text[:100]}
            message = (
                _("%(account)s: several are named %(name)s; give the code instead.", **facts)
                if found
                else _("%(account)s: %(kind)s: there is none named %(name)s; create it first.", **facts)
            )
            problems.append(FieldError(f"entries.{place}.dimensions", message))
    return dimensions


def _figures(shape: Shape, row: Row, place: int, problems: list[FieldError]) -> dict[str, Decimal]:
    found = {}
    for name in shape.figures:
        try:
            found[name] = amount(row.get(name, ""))
            if not found[name].is_finite():
                raise InvalidOperation
        except InvalidOperation:
            found[name] = ZERO
            message = _(
                "%(account)s: %(text)s is no amount; type digits like 1280.50.", account=row.get("account", ""), text=row[name][:40]
            )
            problems.append(FieldError(f"entries.{place}.{name}", message))
    return found


def _held(text: str) -> dict[str, tuple[UUID, str]]:
    """The values as they were drawn; what nobody drew here counts as nothing."""
    try:
        return msgspec.json.decode(text, type=dict[str, tuple[UUID, str]])
    except msgspec.DecodeError:
        return {}


def _shown(value: Decimal | None) -> str:
    if not value:
        return ""
    whole = f"{value:.2f}"
    return whole if Decimal(whole) == value else f"{value.normalize():f}"
