"""Files of vouchers."""

import io
import zipfile
from uuid import uuid4

import pytest
from tests.core_finance.pages import submit

from kernel.files import SIZE_BYTES_MAX, plain_name, sniff

V = "/api/v1/vouchers"
LINES = [{"account": "1002", "summary": "Sale", "debit": "1.00"}, {"account": "5001", "summary": "Sale", "credit": "1.00"}]
PDF = b"%PDF-1.7\n%%EOF"
HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def packed(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.fixture
async def books(client):
    answer = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert answer.status_code == 201, answer.text
    return client


@pytest.fixture
async def draft(books):
    return (await books.post(V, json={"on": "2026-03-09", "lines": LINES})).json()["id"]


async def send(client, voucher, name="发票.pdf", content=PDF):
    return await client.post(f"{V}/{voucher}/files", files={"file": (name, content)})


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.PDF", PDF, "application/pdf"),
        ("a.png", b"\x89PNG\r\n\x1a\nxx", "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.webp", b"RIFF0000WEBPVP8 ", "image/webp"),
        ("a.ofd", packed("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        ("a.xlsx", packed("[Content_Types].xml", "xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.xml", b'\xef\xbb\xbf<?xml version="1.0"?><!-- x --><EInvoice><a/></EInvoice>', "application/xml"),
    ],
)
async def test_a_file_is_kept_and_handed_out_as_a_download(books, draft, name, content, media_type):
    kept = await send(books, draft, name, content)
    assert (kept.status_code, kept.json()["media_type"], kept.json()["name"]) == (201, media_type, name), kept.text
    file = await books.get(f"{V}/{draft}/files/{kept.json()['id']}")
    assert (file.content, file.headers["content-type"].split(";")[0]) == (content, media_type)
    assert file.headers["content-disposition"].startswith("attachment;")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert (await books.get(f"{V}/{draft}")).json()["attachments"] == 0, "the count of papers is another matter"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.html", HTML, "file_type_refused"),
        ("a.pdf", HTML, "file_type_refused"),
        ("a.svg", SVG, "file_type_refused"),
        ("a.xml", SVG, "file_type_refused"),
        ("a.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "file_type_refused"),
        ("a.html", PDF, "file_type_refused"),
        ("a.xlsx", packed("evil.exe"), "file_type_refused"),
        ("a.xlsx", b"PK\x03\x04broken", "file_type_refused"),
        ("a.exe", b"MZ\x90", "file_type_refused"),
        ("a.pdf", b"", "file_type_refused"),
        ("a.pdf", PDF + b"0" * SIZE_BYTES_MAX, "file_too_large"),
    ],
)
async def test_what_is_no_document_is_refused_and_nothing_is_written(books, draft, tenant, state_of, name, content, code):
    before = await state_of(tenant)
    refused = await send(books, draft, name, content)
    assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text
    assert await state_of(tenant) == before


async def test_a_file_of_ten_megabytes_is_kept(books, draft):
    assert (await send(books, draft, content=PDF.ljust(SIZE_BYTES_MAX, b"0"))).status_code == 201


async def test_files_go_with_a_draft_and_stay_with_a_posted_voucher(books, draft, tenant, state_of):
    first, second = [(await send(books, draft, name)).json()["id"] for name in ("a.pdf", "b.pdf")]
    assert (await books.delete(f"{V}/{draft}/files/{first}")).status_code == 204
    await books.post(f"{V}/{draft}/review")
    assert (await books.delete(f"{V}/{draft}/files/{second}")).json()["code"] == "voucher_reviewed"
    await books.post(f"{V}/{draft}/post")
    assert (await send(books, draft, "c.pdf")).status_code == 201
    before = await state_of(tenant)
    assert (await books.delete(f"{V}/{draft}/files/{second}")).json()["code"] == "attachment_kept"
    assert await state_of(tenant) == before
    assert [file["name"] for file in (await books.get(f"{V}/{draft}/files")).json()] == ["b.pdf", "c.pdf"]
    other = (await books.post(V, json={"on": "2026-03-09", "lines": LINES})).json()["id"]
    kept = (await send(books, other)).json()["id"]
    assert (await books.get(f"{V}/{draft}/files/{kept}")).status_code == 404
    await books.delete(f"{V}/{other}")
    assert (await books.get(f"{V}/{other}/files/{kept}")).status_code == 404


async def test_another_company_s_files_do_not_exist(books, other_client, draft):
    kept = (await send(books, draft)).json()["id"]
    await other_client.post("/api/v1/finance/ledgers", json={"name": "Other"})
    assert (await other_client.get(f"{V}/{draft}/files")).status_code == 404
    assert (await other_client.get(f"{V}/{draft}/files/{kept}")).status_code == 404
    assert (await other_client.get(f"/vouchers/{draft}/files/{kept}")).status_code == 404
    assert (await send(other_client, draft)).status_code == 404
    assert (await other_client.delete(f"{V}/{draft}/files/{kept}")).status_code == 404


async def test_the_page_of_a_voucher_takes_and_shows_files(books, draft, client_for, tenant):
    sent = await submit(books, f"/vouchers/{draft}/files", files=[("file", ("一.pdf", PDF)), ("file", ("二.pdf", PDF))])
    assert sent.status_code == 303, sent.text
    page = (await books.get(f"/vouchers/{draft}")).text
    assert "一.pdf" in page
    assert "二.pdf" in page
    file = (await books.get(f"{V}/{draft}/files")).json()[0]["id"]
    assert (await books.get(f"/vouchers/{draft}/files/{file}")).headers["content-disposition"].startswith("attachment")
    assert (await submit(books, f"/vouchers/{draft}/files/{file}/delete", data={})).status_code == 303
    reader = await client_for(tenant, permissions={"finance.voucher.read"})
    assert (await send(reader, draft)).status_code == 403
    assert (await send(books, str(uuid4()))).status_code == 404


@pytest.mark.parametrize(
    ("name", "plain"),
    [("../../etc/a.pdf", "a.pdf"), ("C:\\x\\b.pdf", "b.pdf"), ("a\r\nX: y.pdf", "aX y.pdf"), ("长" * 300 + ".pdf", "长" * 196 + ".pdf")],
)
def test_a_name_is_only_a_name(name, plain):
    assert plain_name(name) == plain


@pytest.mark.parametrize("content", [b"", b"<", b"<?xml", b"PK\x03\x04", b"\x00<x/>", b"just words"])
def test_what_is_not_known_is_nothing(content):
    assert sniff(content) in (None,)
