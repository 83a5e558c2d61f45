"""The page of opening balances: entry, check, files."""

from collections.abc import Sequence
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import setup_redirect
from core_finance.chart.ledgers import current_ledger, find_current
from core_finance.chart.model import Ledger
from core_finance.chart.service import accounts, dotted, get_account
from core_finance.opening import files
from core_finance.opening.files import Row
from core_finance.opening.form import TYPED, complete, drawn, read_rows, rows_of
from core_finance.opening.model import Opening, Totals
from core_finance.opening.service import check_entries, is_mid_year, read_opening, save_opening
from core_finance.periods.service import text_of
from kernel.errors import DomainError, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, by_field, page, toast
from kernel.work import Work

PAGE, TOTALS, LINE = (f"core_finance/opening/{name}.html" for name in ("page", "totals", "line"))

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
        opening = await read_opening(work, ledger)
        return page(PAGE, **_frame(ledger, opening), rows=await rows_of(work, ledger, opening.entries), totals=opening.totals)

    @post("/", opt={"permission": "finance.ledger.manage"}, status_code=200)
    async def save(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """Save all that the page holds."""
        data = await request.form()
        ledger = await current_ledger(work)
        typed = _typed(data)
        rows = await complete(work, ledger, typed)
        frame = _frame(ledger, await read_opening(work, ledger))
        entries, places, problems = await read_rows(work, ledger, rows)
        totals = Totals.of(entries)
        try:
            if problems:
                raise Invalid(problems[0].message, errors=problems)
            version = str(data.get("version", ""))
            opening = await save_opening(work, ledger, entries, version=int(version) if version.isdecimal() else None)
        except DomainError as error:
            found = error.errors or [FieldError("", error.message)]
            errors = by_field(found if problems else [_placed(each, places) for each in found])
            raise FormRefused(PAGE, **{**frame, "rows": rows, "totals": totals, "errors": errors}, values={}) from error
        return page(
            PAGE,
            headers=toast(_("Opening balances saved.")),
            **_frame(ledger, opening),
            rows=await rows_of(work, ledger, opening.entries),
            totals=opening.totals,
        )

    @post("/check", opt={"permission": "finance.ledger.manage"}, status_code=200)
    async def check(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """The totals of what is typed, as one types."""
        ledger = await current_ledger(work)
        entries, _places, _problems = await read_rows(work, ledger, _typed(await request.form()))
        return page(TOTALS, totals=Totals.of(entries), mid_year=is_mid_year(ledger))

    @get("/lines/{code:str}", opt={"permission": "finance.ledger.manage"})
    async def line(self, work: NamedDependency[Work], code: FromPath[str]) -> Template:
        """One more row for an account."""
        ledger = await current_ledger(work)
        account = await get_account(work, ledger, code)
        return page(LINE, row=drawn(account, {}), mid_year=is_mid_year(ledger), dotted=dotted, locked=False, place=-1, errors={})

    @get("/file", opt={"permission": "finance.ledger.read"})
    async def file(self, work: NamedDependency[Work], form: FromQuery[str] = "xlsx") -> Response[bytes]:
        """What stands and every other account, as a file to fill in."""
        ledger = await current_ledger(work)
        return files.write(await rows_of(work, ledger, (await read_opening(work, ledger)).entries), form)

    @post("/file", opt={"permission": "finance.ledger.manage"}, status_code=200)
    async def take_over(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """Fill the page from a file; nothing is written."""
        ledger = await current_ledger(work)
        opening = await read_opening(work, ledger)
        frame = _frame(ledger, opening)
        try:
            upload = (await request.form()).get("file")
            if not isinstance(upload, UploadFile) or not (content := await upload.read()):
                raise Invalid(_("Choose a CSV or XLSX file."), field="file")
            numbered = files.read(content)
        except DomainError as error:
            rows = await rows_of(work, ledger, opening.entries)
            errors = by_field(error.errors)
            raise FormRefused(PAGE, **{**frame, "rows": rows, "totals": opening.totals, "errors": errors}, values={}) from error
        typed = [row for _number, row in numbered]
        refused = await _refused(work, ledger, typed)
        good = [{**row, "account": row["account"].replace(".", "")} for place, row in enumerate(typed) if place not in refused]
        bad = [(numbered[place][0], typed[place], why) for place, why in sorted(refused.items())]
        entries, _places, _problems = await read_rows(work, ledger, good)
        filled = [row for row in good if any(row.get(name) for name in files.COLUMNS if name not in ("account", "name", "aux"))]
        return page(
            PAGE,
            headers=toast(_("The file was read; check it and save."), tone="bad" if bad else "ok"),
            **{**frame, "refused": bad, "refused_file": files.refused_file(bad) if bad else ""},
            rows=await complete(work, ledger, filled),
            totals=Totals.of(entries),
        )


async def _refused(work: Work, ledger: Ledger, typed: Sequence[Row]) -> dict[int, str]:
    """The places of rows that cannot stand, with the reason of each."""
    entries, places, problems = await read_rows(work, ledger, typed)
    chart = {a.code: a for a in await accounts(work, ledger)}
    problems = [*problems, *(_placed(each, places) for each in check_entries(ledger, entries, chart))]
    reasons: dict[int, str] = {}
    for each in problems:
        reasons.setdefault(int(each.field.split(".")[1]), each.message)
    return reasons


def _frame(ledger: Ledger, opening: Opening) -> dict[str, Any]:
    """What the page shows beside its rows; plain values, for a refused form is drawn after the roll-back."""
    return {
        "ledger_name": ledger.name,
        "start": text_of(ledger.start_period),
        "mid_year": is_mid_year(ledger),
        "version": opening.version,
        "locked": opening.locked.message if opening.locked else "",
        "dotted": dotted,
        "errors": {},
        "refused": [],
        "refused_file": "",
    }


def _typed(data: Any) -> list[Row]:
    columns = [[str(value) for value in data.getall(name, [])] for name in TYPED]
    return [dict(zip(TYPED, values, strict=True)) for values in zip(*columns, strict=False)]


def _placed(error: FieldError, places: Sequence[int]) -> FieldError:
    """The error of an entry as that of its row, where empty ones lie between."""
    parts = error.field.split(".")
    if len(parts) == 3 and parts[1].isdecimal() and int(parts[1]) < len(places):
        field = "aux" if parts[2] == "dimensions" else parts[2]
        return FieldError(f"entries.{places[int(parts[1])]}.{field}", error.message)
    return FieldError("", error.message)
