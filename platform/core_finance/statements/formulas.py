"""A company's own formulas: versions in force from a period on, checked and tried before they are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from core_finance.chart.model import Ledger
from core_finance.periods.service import text_of
from core_finance.statements.layout import TAKES, UNCLOSED, Kind, Layout, LineDef, Term, layout, span_of
from core_finance.statements.model import StatementFormulas
from core_finance.statements.source import ChartAccount, chart_of
from identity.audit import record
from kernel.errors import Conflict, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

TERMS_MAX = 100

Lines = Mapping[int, Sequence[Term]]


class FormulaRefused(Invalid):
    code = "formula_refused"


class FormulasChanged(Conflict):
    code = "formulas_changed"


def takes_of(kind: Kind) -> Sequence[str]:
    """What a term may take of its account: balances in the balance sheet, movements in the income statement."""
    moving = kind == "income_statement"
    return sorted(take for take in TAKES if take.startswith("period_") == moving)


def can_change(line: LineDef) -> bool:
    """Totals are sums of lines, and stay so; so no formula can ever run in a circle."""
    return not line.lines


async def layout_for(work: Work, ledger: Ledger, kind: Kind, first: int, last: int) -> Layout:
    """The form with the formulas in force in period ``last``, and the columns for the months asked for."""
    form = layout(ledger.standard, kind, span_of(first, last), ledger.code_lengths)
    if kind == "cash_flow":
        return form
    row = await in_force(work, ledger, kind, last)
    return form.with_terms(read_lines(row.lines), row.version) if row is not None and row.lines else form


async def in_force(work: Work, ledger: Ledger, kind: Kind, period: int) -> StatementFormulas | None:
    """The version that counts in ``period``: the latest that had begun by then."""
    f = StatementFormulas
    query = select(f).where(f.ledger_id == ledger.id, f.kind == kind, f.from_period <= period)
    found: StatementFormulas | None = await work.session.scalar(query.order_by(f.version.desc()).limit(1))
    return found


async def versions(work: Work, ledger: Ledger, kind: Kind) -> Sequence[StatementFormulas]:
    """All versions, the latest first."""
    f = StatementFormulas
    query = select(f).where(f.ledger_id == ledger.id, f.kind == kind).order_by(f.version.desc()).limit(200)
    return (await work.session.scalars(query)).all()


async def save_formulas(
    work: Work, ledger: Ledger, kind: Kind, lines: Lines, *, from_period: int, note: str = "", after: int | None = None
) -> StatementFormulas:
    """Keep ``lines`` as a new version from ``from_period`` on; none go back to the official form.

    ``after`` is the version that was read; None: whatever stands.

    Raises:
        FormulaRefused: a line or a term cannot be.
        FormulasChanged: somebody else made a version meanwhile.
    """
    check(ledger, kind, lines, await chart_of(work, ledger), from_period)
    f = StatementFormulas
    latest = await work.session.scalar(select(func.max(f.version)).where(f.ledger_id == ledger.id, f.kind == kind)) or 0
    if after is not None and after != latest:
        raise FormulasChanged(_("Somebody saved version %(version)s of the formulas meanwhile; load them again.", version=latest))
    before = await in_force(work, ledger, kind, from_period)
    made = f(
        ledger_id=ledger.id, kind=kind, version=latest + 1, from_period=from_period, lines=write_lines(lines), note=note.strip()[:300],
        made_by=work.actor.name,
    )  # fmt: skip
    work.session.add(made)
    await work.session.flush()
    await record(
        work, "statement_formulas.saved", f"statement_formulas:{made.id}", name=f"{kind} {made.version}",
        before={"version": before.version, "lines": before.lines} if before else None,
        after={"version": made.version, "from_period": from_period, "lines": made.lines, "note": made.note},
    )  # fmt: skip
    return made


def check(ledger: Ledger, kind: Kind, lines: Lines, chart: Sequence[ChartAccount], from_period: int) -> None:
    """Raises:
    FormulaRefused: names every line and term that cannot be.
    """
    form = layout(ledger.standard, kind, lengths=ledger.code_lengths)
    problems = [problem for number, terms in lines.items() for problem in _problems(form, number, terms, chart)]
    if not (ledger.start_period <= from_period <= 299912 and 1 <= from_period % 100 <= 12):
        words = _("Formulas count from a month of the ledger, %(first)s or later.", first=text_of(ledger.start_period))
        problems.append(FieldError("from_period", words))
    if kind == "cash_flow":
        problems.append(FieldError("kind", _("The cash flow statement has no formulas; its lines come from the rules of cash flows.")))
    if problems:
        raise FormulaRefused(problems[0].message, errors=problems)


def doubled(form: Layout, chart: Sequence[ChartAccount]) -> list[ChartAccount]:
    """Accounts whose balance more than one line takes in full; lines that say "of which" aside."""
    whole = [line for line in form.lines if line.kind in ("item", "component") and line.terms]
    found = []
    for account in (a for a in chart if a.is_leaf):
        signs = (
            sum(t.sign for t in line.terms if t.take.startswith(("net_", "period_")) and account.code.startswith(t.account))
            for line in whole
        )
        if sum(1 for sign in signs if sign) > 1:
            found.append(account)
    return found


def read_lines(stored: Mapping[str, Any]) -> dict[int, Sequence[Term]]:
    return {int(number): tuple(Term(t["account"], t["take"], t["sign"]) for t in terms) for number, terms in stored.items()}


def write_lines(lines: Lines) -> dict[str, Any]:
    return {str(n): [{"account": t.account, "take": t.take, "sign": t.sign} for t in terms] for n, terms in sorted(lines.items())}


def _problems(form: Layout, number: int, terms: Sequence[Term], chart: Sequence[ChartAccount]) -> list[FieldError]:
    place = f"lines.{number}"
    if not form.has(number):
        return [FieldError(place, _("The form has no line %(line)s.", line=number))]
    if not can_change(form.line(number)):
        return [FieldError(place, _("Line %(line)s is the sum of other lines; change those.", line=number))]
    if len(terms) > TERMS_MAX:
        return [FieldError(place, _("A line takes at most %(max)s terms.", max=TERMS_MAX))]
    found = []
    for index, term in enumerate(terms):
        if term.account != UNCLOSED and not any(a.code == term.account for a in chart):
            words = _("There is no account %(code)s; choose one from the chart.", code=term.account)
            found.append(FieldError(f"{place}.{index}.account", words))
        if term.take not in takes_of(form.kind):
            words = _("%(take)s cannot be taken here; take one of %(takes)s.", take=term.take, takes=", ".join(takes_of(form.kind)))
            found.append(FieldError(f"{place}.{index}.take", words))
        if term.sign not in (1, -1):
            found.append(FieldError(f"{place}.{index}.sign", _("A term is added (1) or taken off (-1).")))
        if term in terms[:index]:
            found.append(FieldError(f"{place}.{index}.account", _("%(code)s stands twice with the same take.", code=term.account)))
    return found
