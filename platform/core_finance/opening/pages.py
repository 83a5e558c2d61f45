"""The page of opening balances: entry, check, files."""

from collections.abc import Sequence
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import setup_redirect
from core_finance.chart.ledgers import current_ledger, find_current, the_ledger
from core_finance.chart.model import Ledger
from core_finance.chart.service import accounts, dotted, get_account
from core_finance.opening.checking import find_problems
from core_finance.opening.form import complete, drawn, read_rows, rows_of
from core_finance.opening.model import ENTRIES_MAX, Opening, Totals
from core_finance.opening.service import read_opening, save_opening
from core_finance.opening.shape import Shape, shape_of
from core_finance.periods.service import text_of
from core_finance.tables import Row, read_table, refused_file
from kernel.errors import DomainError, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.sheets import as_file
from kernel.web import FormRefused, by_field, page, toast
from kernel.work import Work

PAGE, TOTALS, LINE = (f"core_finance/opening/{name}.html" for name in ("page", "totals", "line"))
ROWS_SHOWN = 1_000
"""More than these are kept by file: a browser and a person lose their way in so many fields."""

AnyRequest = Request[Any, Any, Any]


class OpeningPages(Controller):
    path = "/finance/opening"
    include_in_schema = False

    @get("/", opt={"permission": "finance.ledger.read"})
    async def show(self, work: NamedDependency[Work]) -> Template | Redirect:
        """What the ledger started with, to be changed until its first period is closed."""
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        shape, opening = await shape_of(work, ledger), await read_opening(work, ledger)
        rows = await rows_of(work, ledger, shape, opening.entries)
        return page(PAGE, **_frame(work, ledger, shape, opening, rows), totals=opening.totals)

    @post("/", opt={"permission": "finance.ledger.manage"}, status_code=200)
    async def save(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """Save all that the page holds."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        shape = await shape_of(work, ledger)
        rows = await complete(work, ledger, _typed(shape, data))
        stood = await read_opening(work, ledger)
        entries, places, problems = await read_rows(work, ledger, shape, rows)
        try:
            if problems:
                chart = {a.code: a for a in await accounts(work, ledger)}
                problems += [_placed(each, places) for each in await find_problems(work, ledger, entries, chart)]
                raise Invalid(problems[0].message, errors=problems)
            version = str(data.get("version", ""))
            opening = await save_opening(work, ledger, entries, version=int(version) if version.isdecimal() else None)
        except DomainError as error:
            found = error.errors or [FieldError("", error.message)]
            errors = by_field(found if problems else [_placed(each, places) for each in found])
            frame = _frame(work, ledger, shape, stood, rows)
            raise FormRefused(PAGE, **{**frame, "totals": Totals.of(entries), "errors": errors}, values={}) from error
        rows = await rows_of(work, ledger, shape, opening.entries)
        said = toast(_("Opening balances saved."))
        return page(PAGE, headers=said, **_frame(work, ledger, shape, opening, rows), totals=opening.totals)

    @post("/check", opt={"permission": "finance.ledger.manage"}, status_code=200)
    async def check(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """The totals of what is typed, as one types."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        shape = await shape_of(work, ledger)
        entries, _places, _problems = await read_rows(work, ledger, shape, _typed(shape, data))
        return page(TOTALS, totals=Totals.of(entries), mid_year=shape.mid_year)

    @get("/lines/{code:str}", opt={"permission": "finance.ledger.manage"})
    async def line(self, work: NamedDependency[Work], code: FromPath[str]) -> Template:
        """One more row for an account."""
        ledger = await current_ledger(work)
        account = await get_account(work, ledger, code)
        shape = await shape_of(work, ledger)
        return page(LINE, row=drawn(account, {}, whole=True), shape=shape, dotted=dotted, ledger=ledger, fixed=False, place=-1, errors={})

    @get("/file", opt={"permission": "finance.ledger.read"})
    async def file(self, work: NamedDependency[Work], form: FromQuery[str] = "xlsx") -> Response[bytes]:
        """What stands and every other account, as a file to fill in."""
        ledger = await current_ledger(work)
        shape = await shape_of(work, ledger)
        rows = await rows_of(work, ledger, shape, (await read_opening(work, ledger)).entries, for_file=True)
        cells = [[row.get(name, "") for name in shape.columns.labels] for row in rows]
        return as_file("opening-balances", shape.columns.header(), cells, form)

    @post("/file", opt={"permission": "finance.ledger.manage"}, status_code=200)
    async def take_over(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """Fill the page from a file, or save a file that is too long for the page when all of it can stand."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        shape, opening = await shape_of(work, ledger), await read_opening(work, ledger)
        try:
            upload = data.get("file")
            if not isinstance(upload, UploadFile) or not (content := await upload.read()):
                raise Invalid(_("Choose a CSV or XLSX file."), field="file")
            numbered = read_table(content, shape.columns, ENTRIES_MAX)
            filled = [(number, row) for number, row in numbered if any(row.get(name) for name in shape.figures)]
            typed = [{**row, "account": row.get("account", "").replace(".", "")} for _number, row in filled]
            entries, places, problems = await read_rows(work, ledger, shape, typed)
            reasons = await _reasons(work, ledger, entries, places, problems)
            if len(typed) > ROWS_SHOWN and not reasons:
                opening = await save_opening(work, ledger, entries)
                return page(
                    PAGE, headers=toast(_("%(count)s entries saved.", count=len(opening.entries))), totals=opening.totals,
                    **_frame(work, ledger, shape, opening, await rows_of(work, ledger, shape, opening.entries)),
                )  # fmt: skip
        except DomainError as error:
            rows = await rows_of(work, ledger, shape, opening.entries)
            errors = {"file": error.message}
            raise FormRefused(
                PAGE, **{**_frame(work, ledger, shape, opening, rows), "totals": opening.totals, "errors": errors}, values={}
            ) from error
        good = [row for place, row in enumerate(typed) if place not in reasons]
        bad = [(filled[place][0], typed[place], why) for place, why in sorted(reasons.items())]
        kept = [entry for entry, place in zip(entries, places, strict=True) if place not in reasons]
        files = {form: refused_file(shape.columns, bad, form) for form in ("csv", "xlsx")} if bad else {}
        frame = _frame(work, ledger, shape, opening, await complete(work, ledger, good))
        said = toast(_("The file was read; check it and save."), tone="bad" if bad else "ok")
        return page(PAGE, headers=said, **{**frame, "refused": bad, "refused_files": files}, totals=Totals.of(kept))


async def _reasons(
    work: Work, ledger: Ledger, entries: Sequence[Any], places: Sequence[int], problems: Sequence[FieldError]
) -> dict[int, str]:
    """The places of rows that cannot stand, with the reason of each."""
    chart = {a.code: a for a in await accounts(work, ledger)}
    found = [*problems, *(_placed(each, places) for each in await find_problems(work, ledger, entries, chart))]
    reasons: dict[int, str] = {}
    for each in found:
        reasons.setdefault(int(each.field.split(".")[1]), each.message)
    return reasons


def _frame(work: Work, ledger: Ledger, shape: Shape, opening: Opening, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the page shows.  A refused form is drawn after the roll-back, when rows cannot be read again."""
    work.session.expunge_all()
    return {
        "ledger": ledger, "shape": shape, "start": text_of(ledger.start_period), "mid_year": shape.mid_year, "version": opening.version,
        "locked": opening.locked.message if opening.locked else "", "dotted": dotted, "errors": {}, "refused": [], "refused_files": {},
        "rows": rows[:ROWS_SHOWN], "more": max(0, len(rows) - ROWS_SHOWN), "most": ENTRIES_MAX,
    }  # fmt: skip


def _typed(shape: Shape, data: Any) -> list[Row]:
    columns = [[str(value) for value in data.getall(name, [])] for name in shape.typed]
    return [dict(zip(shape.typed, values, strict=True)) for values in zip(*columns, strict=False)]


def _placed(error: FieldError, places: Sequence[int]) -> FieldError:
    """The error of an entry as that of its row, where empty ones lie between."""
    parts = error.field.split(".")
    if len(parts) == 3 and parts[1].isdecimal() and int(parts[1]) < len(places):
        return FieldError(f"entries.{places[int(parts[1])]}.{parts[2]}", error.message)
    return FieldError("", error.message)
