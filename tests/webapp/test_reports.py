"""Reports: the list, the form, the table, its files, who may run one, and one that fails."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

import msgspec
import pytest
import python_calamine
from msgspec import Meta
from sqlalchemy import text

from kernel.errors import Conflict
from kernel.work import Contribution
from tenancy.catalog import Catalog
from vertical import Report, ReportColumn, ReportTable

HTML = {"accept": "text/html", "accept-language": "en"}
ADDRESS = "/reports/education/sums"


class Choice(msgspec.Struct, kw_only=True):
    least: Annotated[int, Meta(ge=0)] = 0
    short: bool = True


class Needed(msgspec.Struct, kw_only=True):
    day: date


KINDS = ("text", "number", "money", "date", "moment", "check")
ROW = ("=1+1", 1200, Decimal("-1280.5"), date(2026, 3, 4), datetime(2026, 3, 4, 16, tzinfo=UTC), True)


async def sums(work, parameters):
    shown = [] if parameters.least > 5 else [ROW, (f"short {parameters.short}", None, None, None, None, None)]
    columns = [ReportColumn(label=kind.title(), kind=kind) for kind in KINDS]
    return ReportTable(columns=columns, rows=shown, totals=("Total", 1200, Decimal("-1280.5"), None, None, None), notes=["So it is."])


async def writing(work, parameters):
    await work.session.execute(text("UPDATE vertical_settings SET vertical = 'gone'"))
    return ReportTable(columns=[], rows=[])


async def refusing(work, parameters):
    raise Conflict("No ledger yet; set one up.")


async def wrong(work, parameters):
    return [("no", "table")]


async def on_a_day(work, parameters):
    return ReportTable(columns=[ReportColumn(label="Day", kind="date")], rows=[(parameters.day,)])


@pytest.fixture
def _reports(monkeypatch):
    """Education's reports are these."""
    runs = {
        "sums": (sums, Choice),
        "writing": (writing, None),
        "refusing": (refusing, None),
        "wrong": (wrong, None),
        "on": (on_a_day, Needed),
    }
    given = [
        Report(key=f"education.{key}", title=f"Report {key}", run=run, permission="education.enrolment.read", parameters=parameters)
        for key, (run, parameters) in runs.items()
    ]
    real = Catalog.contributions

    def contributions(self, hook):
        return tuple(Contribution("education", report) for report in given) if hook == "reports" else real(self, hook)

    monkeypatch.setattr(Catalog, "contributions", contributions)


@pytest.fixture
async def owner(_reports, client_for, new_tenant):
    return await client_for(await new_tenant("education"))


async def test_the_list_shows_what_the_person_may_run(owner, client_for, new_tenant):
    assert f'href="{ADDRESS}"' in (await owner.get("/reports", headers=HTML)).text
    assert 'href="/reports"' in (await owner.get("/", headers=HTML)).text
    stranger = await client_for(await new_tenant("education"), permissions={"education.course.read"})
    assert ADDRESS not in (await stranger.get("/reports", headers=HTML)).text
    assert 'href="/reports"' not in (await stranger.get("/", headers=HTML)).text
    assert [(await stranger.get(path, headers=HTML)).status_code for path in (ADDRESS, f"{ADDRESS}/export.csv")] == [403, 403]


@pytest.mark.usefixtures("_reports")
async def test_a_company_without_the_app_has_no_such_report(client):
    assert [(await client.get(path, headers=HTML)).status_code for path in (ADDRESS, f"{ADDRESS}/export.csv")] == [404, 404]
    assert "No report yet" in (await client.get("/reports", headers=HTML)).text


async def test_the_table_writes_each_kind_of_value(owner):
    answer = await owner.get(ADDRESS, headers=HTML)
    assert answer.status_code == 200
    for cell in (
        'class="num" data-th="Money">-1,280.50<',
        'class="num" data-th="Number">1,200<',
        "Mar 4, 2026",
        "Mar 5, 2026 00:00",
        ">Yes<",
    ):
        assert cell in answer.text
    assert "So it is." in answer.text


async def test_a_box_that_is_not_ticked_is_no_and_an_address_without_it_has_the_default(owner):
    assert "short True" in (await owner.get(ADDRESS, headers=HTML)).text
    assert "short False" in (await owner.get(f"{ADDRESS}?run=1&least=1", headers=HTML)).text


async def test_a_wrong_choice_is_said_beside_its_field(owner):
    answer = await owner.get(f"{ADDRESS}?run=1&least=-1", headers=HTML)
    assert answer.status_code == 422
    assert "Least is at least 0." in answer.text
    assert (await owner.get(f"{ADDRESS}/export.csv?least=-1")).status_code == 422


async def test_a_report_that_needs_a_choice_waits_for_it(owner):
    address = "/reports/education/on"
    waiting = (await owner.get(address, headers=HTML)).text
    assert "<table" not in waiting
    assert "Please fill in" not in waiting
    assert "Please fill in Day." in (await owner.get(f"{address}?run=1", headers=HTML)).text
    assert "Nov 23, 2026" in (await owner.get(f"{address}?run=1&day=2026-11-23", headers=HTML)).text


async def test_nothing_found_is_said(owner):
    assert "There is nothing to report for these choices." in (await owner.get(f"{ADDRESS}?least=6", headers=HTML)).text


async def test_the_table_as_files(owner):
    lines = (await owner.get(f"{ADDRESS}/export.csv", headers=HTML)).text.lstrip("\ufeff").splitlines()
    assert lines[0] == "Text,Number,Money,Date,Moment,Check"
    assert lines[1] == "'=1+1,1200,-1280.50,2026-03-04,2026-03-05 00:00,Yes", "no spreadsheet runs a cell"
    assert lines[-1] == "Total,1200,-1280.50,,,"
    book = await owner.get(f"{ADDRESS}/export.xlsx", headers=HTML)
    assert 'filename="education-sums.xlsx"' in book.headers["content-disposition"]
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert rows[1][:3] == ["=1+1", 1200, -1280.5]


@pytest.mark.parametrize(
    ("key", "said"), [("writing", "cannot be drawn now"), ("wrong", "cannot be drawn now"), ("refusing", "No ledger yet; set one up.")]
)
async def test_a_report_that_fails_shows_that_it_failed(owner, key, said):
    answer = await owner.get(f"/reports/education/{key}", headers=HTML)
    assert answer.status_code == 200
    assert said in answer.text
    assert (await owner.get(f"/reports/education/{key}/export.csv")).status_code >= 409
    assert (await owner.get("/api/v1/apps/education/settings")).json()["vat_percent"] == 3, "a report writes nothing"


def test_a_table_has_a_value_for_each_column():
    with pytest.raises(ValueError, match="one value for each of its 1 columns"):
        ReportTable(columns=[ReportColumn(label="A")], rows=[(1, 2)])
    with pytest.raises(ValueError, match="a path for each row"):
        ReportTable(columns=[ReportColumn(label="A")], rows=[(1,)], paths=["/a", "/b"])
