"""The page's rows: made of what stands, read from what was typed or from a file."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core_finance.chart.model import PROFIT_AND_LOSS, Account, Ledger
from core_finance.chart.service import accounts, shown_name
from core_finance.dimensions.service import names as names_of
from core_finance.opening.files import Row
from core_finance.opening.model import AMOUNTS, ZERO, Entry
from core_finance.vouchers.form import amount
from kernel.errors import FieldError
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import Department, find_parties

TYPED = ("account", "aux", *AMOUNTS, "result", "held", "held_aux")
FIGURES = (*AMOUNTS, "result")
FOUND_MAX = 50


async def rows_of(work: Work, ledger: Ledger, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """A row for each entry, and an empty one for each other account that can be posted to."""
    names = await names_of(work, [pair for entry in entries for pair in entry.dimensions.items()])
    typed = [
        {
            "account": entry.account, "aux": (aux := " / ".join(names[v] for v in entry.dimensions.values() if v in names)),
            "held": ";".join(f"{kind}={value}" for kind, value in entry.dimensions.items()), "held_aux": aux,
            **{name: _shown(getattr(entry, name)) for name in FIGURES},
        }
        for entry in entries
    ]  # fmt: skip
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
    made += [{**row, "name": "", "keeps": "", "is_result": False} for rows in by_account.values() for row in rows]
    return made


def drawn(account: Account, row: Row) -> dict[str, Any]:
    """A row as the template draws it."""
    return {
        **row, "account": account.code, "name": shown_name(account), "keeps": keeps(account),
        "is_result": account.category in PROFIT_AND_LOSS,
    }  # fmt: skip


def keeps(account: Account) -> str:
    """The dimension that the row asks for: party before department; empty where the account keeps neither."""
    known = (*account.required_dimensions, *account.optional_dimensions)
    return next((kind for kind in ("party", "department") if kind in known), "")


async def read_rows(work: Work, ledger: Ledger, typed: Sequence[Row]) -> tuple[list[Entry], list[int], list[FieldError]]:
    """The entries of the rows that are not empty, the place of each, and what cannot be read, by place."""
    chart = {a.code: a for a in await accounts(work, ledger)}
    known: dict[tuple[str, str], list[UUID]] = {}
    entries: list[Entry] = []
    places: list[int] = []
    problems: list[FieldError] = []
    for place, row in enumerate(typed):
        if not any(row.get(name, "").strip() for name in FIGURES):
            continue
        figures = _figures(row, place, problems)
        code = row.get("account", "").replace(".", "")[:30]
        dimensions: Mapping[str, UUID] = {}
        if row.get("held") and row.get("aux", "") == row.get("held_aux", ""):
            dimensions = _held(row["held"])
        elif name := row.get("aux", "").strip():
            kind = keeps(chart[code]) if code in chart else ""
            if (kind, name) not in known:
                known[kind, name] = await _named(work, kind or "party", name)
            found = known[kind, name]
            if len(found) == 1:
                dimensions = {kind or "party": found[0]}
            else:
                message = (
                    _("%(account)s: several are named %(name)s; rename one.", account=code, name=name)
                    if found
                    else _("%(account)s: there is no party or department named %(name)s; create it first.", account=code, name=name)
                )
                problems.append(FieldError(f"entries.{place}.aux", message))
        result = figures.pop("result") if row.get("result", "").strip() else None
        figures.pop("result", None)
        entries.append(Entry(account=code, dimensions=dimensions, result=result, **figures))
        places.append(place)
    return entries, places, problems


def _figures(row: Row, place: int, problems: list[FieldError]) -> dict[str, Decimal]:
    found = {}
    for name in FIGURES:
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


def _held(text: str) -> dict[str, UUID]:
    """``party=id;project=id``; what nobody wrote here counts as nothing."""
    try:
        return {kind: UUID(value) for kind, _equals, value in (pair.partition("=") for pair in text.split(";"))}
    except ValueError:
        return {}


async def _named(work: Work, kind: str, name: str) -> list[UUID]:
    if kind == "party":
        return [party.id for party in await find_parties(work, name, FOUND_MAX) if party.name == name]
    return list((await work.session.scalars(select(Department.id).where(Department.name == name).limit(2))).all())


def _shown(value: Decimal | None) -> str:
    return f"{value:.2f}" if value else ""
