"""Reading and writing tables: encodings, broken files, bombs, cells that a spreadsheet would run."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from kernel import i18n
from webapp.resource import csv, xlsx
from webapp.resource.importing import read_sheet
from webapp.resource.table import FILE_BYTES_MAX, FileRefused

cells = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_of_spreadsheets_are_read(encoding):
    sheet = read_sheet("名称,电话\n青禾商贸,0571\n".encode(encoding))
    assert (sheet.header, list(sheet.rows)) == (("名称", "电话"), [("青禾商贸", "0571")])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_are_found(separator):
    assert read_sheet(f"a{separator}b\n1{separator}2\n".encode()).rows[0] == ("1", "2")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"name,phone\n",
        b'name\n"never closed\n',
        b"\x89PNG\r\n\x1a\n\x00\x00\x00",
        b"\xff\xff\xff\x81\n\x80",
        b"PK\x03\x04 not a workbook",
        b"\xd0\xcf\x11\xe0 an old workbook",
        b"a\n" + b"x" * FILE_BYTES_MAX,
    ],
)
def test_what_is_no_table_is_refused(content):
    with pytest.raises(FileRefused):
        read_sheet(content)


def test_short_rows_are_filled_empty_ones_passed_and_numbers_kept():
    sheet = read_sheet(b"a,b\n1\n\n2,3,4\n")
    assert list(sheet.rows) == [("1", ""), ("2", "3")]
    assert list(sheet.numbers) == [2, 4]


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "\rx", "＝1", "＠x"])
def test_a_formula_is_written_inert_and_read_back(cell):
    content = csv.write(["a", "b"], [[cell, "x"]])
    assert f"'{cell[0]}" in content.decode("utf-8-sig").replace('"', "")
    assert csv.read(content).rows[0][0].strip() == cell.strip()


@pytest.mark.parametrize("number", ["-12.50", "+3", "-0.5", "100"])
def test_numbers_stay_numbers(number):
    assert csv.inert(number) == number


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=5))
def test_csv_comes_back_as_it_went(rows):
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        return
    back = csv.read(csv.write(["first", "second"], rows))
    assert [[cell.strip() for cell in row] for row in back.rows] == [[cell.strip() for cell in row] for row in filled]


def test_a_workbook_holds_no_formulas_and_exact_numbers():
    content = xlsx.write(["a", "b", "c"], [["=1+1", Decimal("128.50"), Decimal("12345678901234567.89")]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert xlsx.read(content).rows[0] == ("=1+1", "128.5", "12345678901234567.89")


def test_dates_and_booleans_of_a_workbook_are_read_as_text():
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["on", "yes", "n"])
    sheet.write_datetime(1, 0, date(2026, 11, 23), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write_boolean(1, 1, True)
    sheet.write_number(1, 2, 0.1)
    book.close()
    assert xlsx.read(buffer.getvalue()).rows[0] == ("2026-11-23", "true", "0.1")


def test_a_long_code_written_as_a_number_is_refused_as_its_digits_are_lost():
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, "code")
    sheet.write_number(1, 0, 911100006000373412)
    book.close()
    with pytest.raises(FileRefused):
        xlsx.read(buffer.getvalue())


def test_a_bomb_is_refused_without_unpacking_it_whole():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/worksheets/sheet1.xml", "w") as part:
        for _ in range(300):
            part.write(b"0" * (1 << 20))
    with pytest.raises(FileRefused):
        read_sheet(buffer.getvalue())


def workbook(rows: str, shared: str = "") -> bytes:
    """The least that reads as a workbook, with the rows as they are written in it."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{links}"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{links}"><Relationship Id="rId1" Type="{office}/worksheet"'
        ' Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}"><si><t>{shared}</t></si></sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row>'


def test_a_workbook_of_few_cells_is_read():
    assert xlsx.read(workbook(HEAD + '<row r="2"><c r="A2" t="s"><v>0</v></c></row>', "联华")).rows == [("联华",)]


@pytest.mark.parametrize(
    "content",
    [
        workbook(HEAD + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        workbook(HEAD + '<row r="90000"><c r="XFD90000"><v>1</v></c></row>'),
        workbook(HEAD + "<row>" + '<c t="s"><v>0</v></c>' * 16_000 + "</row>", "x" * 1_000_000),
    ],
    ids=["far away", "far away within limits", "a long text in many cells"],
)
def test_a_workbook_that_asks_for_too_much_memory_is_refused(content):
    with i18n.using("en"), pytest.raises(FileRefused, match="too much data"):
        xlsx.read(content)
