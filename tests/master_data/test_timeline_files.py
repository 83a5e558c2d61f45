"""Files and photographs of timeline entries: what is kept, who sees them, and what photographs do not tell."""

import io
import struct
import zipfile

import pytest
import sqlalchemy as sa
from PIL import Image
from tests.core_finance.test_attachments import HTML, PDF, SVG, packed

from kernel.files import SIZE_BYTES_MAX
from kernel.pictures import small, without_traces
from master_data.timeline.model import Activity, ActivityFile

GPS = {1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 25.0)}


def photo(form="JPEG", *, turned=6, size=(80, 40)):
    """A picture as a phone takes it: with the place, and turned."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turned, "Phone Maker"
    exif.get_ifd(0x8825).update(GPS)
    out = io.BytesIO()
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (0, 0, size[0] // 2, size[1]))
    picture.save(out, form, exif=exif, **({"comment": b"secret place"} if form == "JPEG" else {}))
    return out.getvalue()


def place_in(content):
    with Image.open(io.BytesIO(content)) as picture:
        return dict(picture.getexif().get_ifd(0x8825))


@pytest.fixture
async def party(client):
    return (await client.post("/api/v1/parties", json={"name": "青禾有限公司"})).json()


@pytest.fixture
async def entry(client, party):
    return (await client.post(f"/api/v1/parties/{party['id']}/timeline", json={"kind": "visit", "body": "看现场"})).json()


async def send(client, entry, name="现场.jpg", content=None, **more):
    files = {"file": (name, photo() if content is None else content)}
    return await client.post(f"/api/v1/activities/{entry['id']}/files", files=files, data=more)


@pytest.mark.parametrize(("form", "ending"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
async def test_a_photo_loses_its_place_unless_it_is_left_in(client, entry, form, ending):
    taken = photo(form)
    assert place_in(taken)
    assert b"Phone Maker" in taken
    kept = (await send(client, entry, f"a.{ending}", taken)).json()
    plain = (await client.get(f"/api/v1/activity-files/{kept['id']}")).content
    assert place_in(plain) == {}
    assert b"Phone Maker" not in plain
    assert b"secret place" not in plain
    with Image.open(io.BytesIO(taken)) as before, Image.open(io.BytesIO(plain)) as after:
        assert before.tobytes() == after.tobytes(), "not a pixel changes"
        if form == "JPEG":
            assert after.getexif()[0x0112] == 6, "how it is turned stays"
    whole = (await send(client, entry, f"b.{ending}", taken, keep_location="1")).json()
    assert (await client.get(f"/api/v1/activity-files/{whole['id']}")).content == taken


def test_what_follows_the_end_of_a_picture_goes():
    film = photo() + b"ftypmp42 a film with its place"
    assert b"film" not in without_traces(film, "image/jpeg")
    progressive = io.BytesIO()
    Image.effect_noise((64, 64), 80).convert("RGB").save(progressive, "JPEG", progressive=True, quality=95)
    clean = without_traces(progressive.getvalue(), "image/jpeg")
    with Image.open(io.BytesIO(progressive.getvalue())) as before, Image.open(io.BytesIO(clean)) as after:
        assert before.tobytes() == after.tobytes()


def test_the_small_picture_stands_upright_and_fits():
    with Image.open(io.BytesIO(small(photo(size=(2000, 1000))))) as picture:
        assert picture.size == (240, 480)
        assert dict(picture.getexif()) == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", b"\xff\xd8\xff\xe0"),
        ("a.jpg", b"\xff\xd8\xff\xe1\x00\x01\xff\xda\x00\x02"),
        ("a.jpg", photo()[:300]),
        ("a.png", b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 2**31, b"IDAT")),
        ("a.webp", b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff"),
        ("a.gif", b"GIF89a" + b"\xff" * 40),
        ("a.tif", b"II*\x00" + b"\x00" * 40),
        ("a.svg", SVG),
        ("a.jpg", HTML),
        ("a.html", HTML),
        ("a.xlsx", packed("evil.exe")),
        ("a.pdf", b""),
        ("a.pdf", PDF + b"0" * SIZE_BYTES_MAX),
    ],
)
async def test_what_is_no_file_to_keep_is_refused_and_nothing_is_written(client, entry, tenant, state_of, name, content):
    before = await state_of(tenant)
    refused = await send(client, entry, name, content)
    assert refused.status_code == 422, refused.text
    assert refused.json()["code"] in ("file_type_refused", "file_too_large")
    assert await state_of(tenant) == before


async def test_pictures_are_drawn_and_papers_are_downloads(client, entry, party):
    shot, paper = (await send(client, entry)).json(), (await send(client, entry, "合同.pdf", PDF)).json()
    seen = await client.get(f"/timeline/files/{shot['id']}")
    assert (seen.headers["content-type"], seen.headers["content-disposition"].partition(";")[0]) == ("image/jpeg", "inline")
    assert "sandbox" in seen.headers["content-security-policy"]
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert (await client.get(f"/timeline/files/{paper['id']}")).headers["content-disposition"].startswith("attachment")
    little = await client.get(f"/timeline/files/{shot['id']}/small")
    assert little.content.startswith(b"\xff\xd8\xff")
    again = await client.get(f"/timeline/files/{shot['id']}/small", headers={"if-none-match": little.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(f"/timeline/files/{paper['id']}/small")).status_code == 404
    page = (await client.get(f"/parties/{party['id']}")).text
    assert f"/timeline/files/{shot['id']}/small" in page
    assert "合同.pdf" in page
    listed = (await client.get(f"/api/v1/parties/{party['id']}/timeline")).json()["items"][0]["files"]
    assert [file["name"] for file in listed] == ["现场.jpg", "合同.pdf"]


async def test_a_private_entry_s_file_is_private(client, tenant, client_for, party):
    secret = (await client.post(f"/api/v1/parties/{party['id']}/timeline", json={"kind": "visit", "body": "x", "private": True})).json()
    file = (await send(client, secret)).json()
    colleague = await client_for(tenant)
    for address in (f"/api/v1/activity-files/{file['id']}", f"/timeline/files/{file['id']}", f"/timeline/files/{file['id']}/small"):
        assert (await client.get(address)).status_code == 200
        assert (await colleague.get(address)).status_code == 404
    assert (await colleague.get(f"/api/v1/activities/{secret['id']}/files")).status_code == 404
    archive = await colleague.get(f"/api/v1/parties/{party['id']}/timeline.zip")
    assert zipfile.ZipFile(io.BytesIO(archive.content)).namelist() == ["timeline.csv"]


async def test_who_does_not_see_the_record_does_not_see_its_files(client, tenant, client_for, seat_for, entry, party):
    file = (await send(client, entry)).json()
    address = f"/api/v1/activity-files/{file['id']}"
    seat = await seat_for(tenant, "sales")  # sees what is their own
    assert (await seat.client.get(address)).status_code == 404
    assert (await send(seat.client, entry)).status_code == 404
    await client.put(f"/api/v1/parties/{party['id']}/collaborators/{seat.employee_id}", json={})
    assert (await seat.client.get(address)).status_code == 200
    assert (await seat.client.delete(address)).json()["code"] == "activity_not_yours"
    assert (await send(seat.client, entry)).json()["code"] == "activity_not_yours"
    without = await client_for(tenant, permissions={"master.product.read"})
    assert (await without.get(address)).status_code == 404


async def test_another_company_s_files_do_not_exist(client, other_client, entry):
    file = (await send(client, entry)).json()
    for address in (f"/api/v1/activity-files/{file['id']}", f"/timeline/files/{file['id']}", f"/timeline/files/{file['id']}/small"):
        assert (await other_client.get(address)).status_code == 404
    assert (await send(other_client, entry)).status_code == 404
    assert (await other_client.delete(f"/api/v1/activity-files/{file['id']}")).status_code == 404
    assert (await other_client.post(f"/timeline/files/{file['id']}/delete")).status_code == 404


async def test_files_go_with_their_entry_and_alone(client, entry, party):
    first, second = [(await send(client, entry)).json()["id"] for _ in range(2)]
    assert (await client.post(f"/timeline/files/{first}/delete")).status_code == 200
    assert (await client.get(f"/api/v1/activity-files/{first}")).status_code == 404
    assert (await client.delete(f"/api/v1/parties/{party['id']}/timeline/{entry['id']}")).status_code == 204
    assert (await client.get(f"/api/v1/activity-files/{second}")).status_code == 404


async def test_an_entry_keeps_ten_files(client, entry):
    for _ in range(10):
        assert (await send(client, entry, "a.pdf", PDF)).status_code == 201
    assert (await send(client, entry, "a.pdf", PDF)).json()["code"] == "too_many_files"


async def test_the_form_takes_photos_with_the_entry_or_nothing_at_all(client, party, tenant, state_of):
    address, form = f"/parties/{party['id']}/timeline", {"kind": "visit", "body": "看现场", "place": "展厅"}
    before = await state_of(tenant)
    refused = await client.post(address, data=form, files=[("files", ("a.jpg", photo())), ("files", ("b.html", HTML))])
    assert refused.status_code == 422
    assert "看现场" in refused.text
    assert await state_of(tenant) == before
    done = await client.post(address, data=form, files=[("files", ("a.jpg", photo())), ("files", ("b.pdf", PDF)), ("files", ("", b""))])
    assert done.status_code == 200, done.text
    assert done.text.count('/small"') == 1
    assert "展厅" in done.text


async def test_the_timeline_is_handed_out_with_its_files(client, entry, party):
    await send(client, entry)
    await client.post(f"/api/v1/parties/{party['id']}/timeline", json={"kind": "note", "body": "=cmd|' /C calc'!A0"})
    archive = zipfile.ZipFile(io.BytesIO((await client.get(f"/parties/{party['id']}/timeline.zip")).content))
    table = archive.read("timeline.csv").decode("utf-8-sig")
    assert "看现场" in table
    assert "'=cmd" in table, "no cell is a formula"
    [name] = [name for name in archive.namelist() if name != "timeline.csv"]
    assert name in table
    assert archive.read(name).startswith(b"\xff\xd8\xff")


async def test_only_whole_positions_on_this_earth_are_kept(client, party):
    address = f"/api/v1/parties/{party['id']}/timeline"
    for spot in ({"latitude": "31.2"}, {"latitude": "91", "longitude": "0"}, {"latitude": "1", "longitude": "NaN"}):
        assert (await client.post(address, json={"kind": "visit", "body": "x", **spot})).status_code == 422, spot
    kept = await client.post(address, json={"kind": "visit", "body": "x", "latitude": "31.23041678", "longitude": "121.4737"})
    assert (kept.json()["latitude"], kept.json()["longitude"]) == ("31.230417", "121.473700")


async def test_entries_of_leads_take_files_too(client):
    lead = (await client.post("/api/v1/leads", json={"name": "张三", "company": "某某公司"})).json()
    note = (await client.post(f"/api/v1/leads/{lead['id']}/timeline", json={"kind": "visit", "body": "见面"})).json()
    assert (await send(client, note)).status_code == 201
    page = await client.post(f"/leads/{lead['id']}/timeline", data={"kind": "call", "body": "电话"}, files=[("files", ("b.html", HTML))])
    assert page.status_code == 422
    assert (await client.get(f"/api/v1/leads/{lead['id']}/timeline")).json()[0]["files"][0]["name"] == "现场.jpg"


async def test_a_record_that_is_deleted_takes_its_timeline_along(client, entry, party, database, tenant):
    file = (await send(client, entry)).json()
    lead = (await client.post("/api/v1/leads", json={"name": "张三"})).json()
    note = (await client.post(f"/api/v1/leads/{lead['id']}/timeline", json={"kind": "visit", "body": "见面"})).json()
    await send(client, note)
    opportunity = (await client.post("/api/v1/opportunities", json={"party_id": party["id"], "name": "x"})).json()
    await client.post(f"/api/v1/opportunities/{opportunity['id']}/timeline", json={"kind": "call", "body": "电话"})
    for kind, record in (("opportunities", opportunity), ("leads", lead), ("parties", party)):
        assert (await client.delete(f"/api/v1/{kind}/{record['id']}")).status_code == 204, kind
    assert (await client.get(f"/api/v1/activity-files/{file['id']}")).status_code == 404
    async with database.work(tenant) as work:
        for model in (Activity, ActivityFile):
            assert await work.session.scalar(sa.select(sa.func.count()).select_from(model)) == 0
