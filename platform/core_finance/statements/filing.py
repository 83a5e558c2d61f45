"""Statements as they were filed (报送存档), and how they differ from what the books say today."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_

from core_finance.chart.ledgers import company_of
from core_finance.chart.model import Ledger
from core_finance.chart.rules import Reclassify, rules_of
from core_finance.statements.layout import Kind
from core_finance.statements.model import FiledStatement
from core_finance.statements.service import Cell, Statement, View, statement
from core_finance.statements.sheet import TITLES
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, NotFound
from kernel.i18n import gettext as _
from kernel.i18n import locale, using
from kernel.work import Work

PAGE_SIZE = 50


class FiledNotFound(NotFound):
    code = "filed_statement_not_found"


class StatementDoesNotTie(Conflict):
    code = "statement_does_not_tie"


@dataclass(frozen=True)
class Difference:
    """A cell that says something else today than when it was filed."""

    line: int
    name: str
    name_en: str
    column: str
    column_name: str
    column_name_en: str
    filed: Decimal
    today: Decimal


@dataclass(frozen=True)
class FiledPage:
    """Filed statements, the latest first."""

    rows: Sequence[FiledStatement]
    following: UUID | None


async def file_statement(
    work: Work, ledger: Ledger, kind: Kind, *, first: int, last: int, note: str = "", view: View | None = None
) -> FiledStatement:
    """Keep the statement as it stands, for good.  Filed again with the same figures it is the one that was filed before.

    Raises:
        StatementDoesNotTie: it does not add up, or cash flows stand on no line.
    """
    with using("zh_CN"):
        # One statement is one content, in whatever language it is filed.
        made = await statement(work, ledger, kind, first=first, last=last, view=view)
    if failing := next((check for check in made.checks if check.must and not check.holds), None):
        off = failing.left - failing.right
        raise StatementDoesNotTie(_("%(check)s is off by %(amount)s; mend that before you file.", check=failing.text, amount=f"{off:,.2f}"))
    content = content_of(work, ledger, made)
    digest = hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
    f = FiledStatement
    same = select(f).where(f.ledger_id == ledger.id, f.kind == kind, f.first == first, f.last == last).order_by(f.id.desc()).limit(1)
    latest: FiledStatement | None = await work.session.scalar(same)
    if latest is not None and latest.digest == digest:
        return latest
    filed = f(
        ledger_id=ledger.id, kind=kind, first=first, last=last, formulas_version=made.layout.version, content=content, digest=digest,
        note=note.strip()[:300], filed_by=work.actor.name, filed_at=clock.now(),
    )  # fmt: skip
    work.session.add(filed)
    await work.session.flush()
    await record(
        work, "statement.filed", f"filed_statement:{filed.id}", name=f"{kind} {first}-{last}",
        before={"digest": latest.digest} if latest else None, after={"digest": digest, "note": filed.note},
    )  # fmt: skip
    return filed


async def filed_statements(
    work: Work, ledger: Ledger, *, kind: Kind | None = None, after: UUID | None = None, limit: int = PAGE_SIZE
) -> FiledPage:
    """A page of what was filed, the latest first."""
    f = FiledStatement
    query = select(f).where(f.ledger_id == ledger.id).order_by(f.id.desc()).limit(limit + 1)
    if kind is not None:
        query = query.where(f.kind == kind)
    if after is not None:
        query = query.where(tuple_(f.id) < (after,))
    rows = (await work.session.scalars(query)).all()
    return FiledPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


async def get_filed(work: Work, ledger: Ledger, filed_id: UUID) -> FiledStatement:
    """Raises:
    FiledNotFound: the ledger has none of that id.
    """
    found = await work.session.scalar(select(FiledStatement).where(FiledStatement.id == filed_id, FiledStatement.ledger_id == ledger.id))
    if found is None:
        raise FiledNotFound(_("There is no such filed statement; choose one from the list."))
    return found


async def differences(work: Work, ledger: Ledger, filed: FiledStatement) -> list[Difference]:
    """The cells that changed since: the same months, seen the same way, by the formulas and the books of today."""
    content = filed.content
    seen: Reclassify | None = next((each for each in get_args(Reclassify) if each == content.get("reclassify")), None)
    kind: Kind = next(each for each in TITLES if each == filed.kind)
    today = await statement(work, ledger, kind, first=filed.first, last=filed.last, view=View(reclassify=seen))
    now = {(cell.line.number, key): amount for cell in (*today.cells, *today.supplement) for key, amount in cell.amounts.items()}
    names = {column["key"]: column for column in content["columns"]}
    found = []
    for cell in [*content["cells"], *content.get("supplement", ())]:
        for key, text in cell["amounts"].items():
            was, is_now = Decimal(text), now.get((cell["line"], key), Decimal(0))
            if was != is_now:
                column = names[key]
                found.append(Difference(cell["line"], cell["name"], cell["name_en"], key, column["name"], column["name_en"], was, is_now))
    return found


def content_of(work: Work, ledger: Ledger, made: Statement) -> dict[str, Any]:
    """All that the form shows, as plain data; a supplement only where the form has one."""
    content = {
        "company": company_of(work, ledger),
        "ledger": ledger.name,
        "standard": ledger.standard.value,
        "currency": ledger.currency,
        "form": made.layout.form,
        "kind": made.layout.kind,
        "first": made.first,
        "last": made.last,
        "formulas_version": made.layout.version,
        "reclassify": made.view.reclassify or rules_of(ledger).reclassify,
        "columns": [{"key": c.key, "name": c.name, "name_en": c.name_en} for c in made.columns],
        "cells": _cells(made.cells),
        "checks": [{"text": c.text, "holds": c.holds, "left": f"{c.left:.2f}", "right": f"{c.right:.2f}"} for c in made.checks],
        "uncovered": [account.code for account in made.uncovered],
    }
    return content | ({"supplement": _cells(made.supplement)} if made.supplement else {})


def _cells(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    return [
        {
            "line": c.line.number, "name": c.line.name, "name_en": c.line.name_en, "kind": c.line.kind, "section": c.line.section,
            "amounts": {key: f"{amount:.2f}" for key, amount in c.amounts.items()},
        }
        for c in cells
    ]  # fmt: skip


def titled_now(kind: str) -> str:
    """The name of a form in the reader's language."""
    zh, en = next((words for each, words in TITLES.items() if each == kind), (kind, kind))
    return zh if locale() == "zh_CN" else en
