"""Numbers of identity papers out of a file: true ones only, sealed, in plain nowhere, and gone with the import."""

import io
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.webapp.resource.test_reimport import send

from kernel import clock
from kernel.sealing import SealBroken, seal_bytes, unseal_bytes
from master_data.papers.numbers import check_digit
from master_data.views.service import forget_files

HTML = {"accept": "text/html", "accept-language": "zh-CN"}
CARD, OTHER = "11010519491231002X", "110101199003070011"
OTHER = OTHER[:17] + check_digit(OTHER[:17])
HEAD = "名称,类型,证件类型,证件号码\n"


def rows(*lines):
    return HEAD + "\n".join(lines) + "\n"


async def paper(client, name):
    found = (await client.get("/api/v1/parties", params={"limit": "200"})).json()["items"]
    party_id = next(item["id"] for item in found if item["name"] == name)
    answer = await client.get(f"/api/v1/parties/{party_id}/paper")
    return answer.json() if answer.status_code == 200 else None


async def number(client, name):
    found = (await client.get("/api/v1/parties", params={"search": name})).json()["items"]
    party_id = next(item["id"] for item in found if item["name"] == name)
    return (await client.get(f"/api/v1/parties/{party_id}/paper/number")).json()["number"]


@pytest.fixture
def everything(database, tenant):
    """All that the company's schema and the queue of jobs hold, as text and as bytes."""

    async def read() -> str:
        found = []
        async with database.owner_engine.connect() as connection:
            names = "SELECT table_name FROM information_schema.tables WHERE table_schema = :s AND table_type = 'BASE TABLE'"
            for schema in (tenant.schema, "public"):
                for table in (await connection.execute(sa.text(names), {"s": schema})).scalars().all():
                    found += (await connection.execute(sa.text(f'SELECT t::text FROM {schema}."{table}" t'))).scalars().all()
            files = await connection.execute(sa.text(f"SELECT content FROM {tenant.schema}.master_import_file"))
            found += [bytes(content).decode("latin-1") for content in files.scalars()]
        return "\n".join(map(str, found))

    return read


async def upload(client, text):
    answer = await client.post("/parties/import", files={"file": ("人员.csv", text.encode(), "text/csv")})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_a_file_brings_numbers_that_are_sealed(client, everything):
    answer = await send(client, rows(f"王芳,个人,,{CARD.lower()}", "李雷,个人,护照,e1234 5678", "赵强,个人,,"))
    assert (answer["created"], answer["papers"], answer["errors"]) == (3, 2, [])
    assert await paper(client, "王芳") == {"kind": "id_card", "number": "110********002X"}
    assert await paper(client, "李雷") == {"kind": "passport", "number": "E*******8"}
    assert await paper(client, "赵强") is None
    assert await number(client, "王芳") == CARD
    held = await everything()
    assert CARD not in held
    assert CARD.lower() not in held
    assert "E12345678" not in held
    assert "paper.kept" in held


async def test_the_wizard_keeps_the_file_sealed_and_shows_no_number(client, everything, tenant, database):
    path = await upload(client, rows(f"王芳,个人,居民身份证,{CARD}"))
    held = await everything()
    assert CARD not in held
    assert "王芳".encode().decode("latin-1") not in held  # the whole file is sealed, not this column alone
    page = (await client.get(path, headers=HTML)).text
    assert CARD not in page
    assert "110********002X" in page
    assert "将加密保存 1 个证件号码" in page
    left_out = await client.post(path, data={"c0": "name", "c1": "kind"})
    assert left_out.status_code == 303
    assert CARD not in (await client.get(path, headers=HTML)).text  # a column that is not read is no less secret
    await client.post(path, data={"c0": "name", "c1": "kind", "c2": "paper.kind", "c3": "paper.number"})
    done = await client.post(f"{path}/apply", headers=HTML)
    assert "已加密保存 1 个证件号码" in done.text
    assert CARD not in done.text
    assert await number(client, "王芳") == CARD
    held = await everything()
    assert CARD not in held
    async with database.work(tenant) as work:
        assert await work.session.scalar(sa.text("SELECT count(*) FROM master_import_file")) == 0


async def test_only_the_importer_is_handed_back_the_rows_that_are_wrong(client, client_for, tenant):
    wrong = CARD[:-1] + "0"
    path = await upload(client, rows(f"王芳,个人,,{wrong}", f"李雷,个人,,{CARD}"))
    page = (await client.get(path, headers=HTML)).text
    assert "最后一位" in page or "校验" in page or "does not fit" in page
    assert wrong not in page
    file = await client.get(f"{path}/errors.xlsx")
    assert (file.status_code, file.headers["cache-control"]) == (200, "no-store")
    with zipfile.ZipFile(io.BytesIO(file.content)) as book:
        cells = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert (wrong in cells, CARD in cells) == (True, False)
    colleague = await client_for(tenant)
    assert (await colleague.get(f"{path}/errors.xlsx")).status_code == 404
    assert (await colleague.get(path)).status_code == 404


async def test_the_page_says_it_in_english_too(client):
    path = await upload(client, rows(f"王芳,个人,,{CARD}"))
    page = (await client.get(path, headers=HTML | {"accept-language": "en"})).text
    assert "One number of an identity paper will be sealed" in page
    assert "Number of identity paper" in page


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (f"王芳,个人,,{CARD[:-1]}0", "paper.number"),
        ("王芳,个人,,110105194913310021", "paper.number"),
        ("王芳,个人,护照,??", "paper.number"),
        ("王芳,个人,,1.10105E+17", "paper.number"),  # what a spreadsheet makes of it
        (f"青禾公司,,,{CARD}", "paper.number"),
        (f"王芳,个人,学生证,{CARD}", "paper.kind"),
    ],
)
async def test_a_number_that_cannot_be_is_refused_in_its_row(client, line, field):
    answer = await send(client, rows("甲,个人,,", line))
    assert (answer["created"], answer["papers"]) == (0, 0)
    assert [(error["row"], error["field"]) for error in answer["errors"]] == [(3, field)]
    assert CARD not in answer["errors"][0]["message"]
    assert (await client.get("/api/v1/parties")).json()["items"] == []


async def test_a_number_stands_once_in_the_file_and_once_in_the_company(client, other_client):
    twice = await send(client, rows(f"王芳,个人,,{CARD}", f"李雷,个人,,{CARD.lower()}"))
    assert [(error["row"], error["field"]) for error in twice["errors"]] == [(2, "paper.number"), (3, "paper.number")]
    assert (await send(client, rows(f"王芳,个人,,{CARD}")))["papers"] == 1
    taken = await send(client, rows(f"李雷,个人,,{CARD}"))
    assert "王芳" in taken["errors"][0]["message"]
    # Another company knows nothing of it, and a seal that was moved there opens nothing.
    assert (await send(other_client, rows(f"李雷,个人,,{CARD}")))["papers"] == 1


async def test_a_file_adds_numbers_and_replaces_none(client):
    for name in ("王芳", "李雷"):
        await client.post("/api/v1/parties", json={"name": name, "kind": "person"})
    first = await send(client, rows(f"王芳,个人,,{CARD}"), key="name")
    assert (first["changed"], first["unchanged"], first["papers"]) == (0, 1, 1)
    again = await send(client, rows(f"王芳,个人,,{CARD}", f"李雷,个人,,{OTHER}"), key="name")
    assert (again["errors"], again["papers"]) == ([], 1)
    other = await send(client, rows("王芳,个人,护照,E12345678"), key="name")
    assert "110********002X" in other["errors"][0]["message"]
    assert await number(client, "王芳") == CARD


async def test_an_undone_import_takes_its_numbers_along(client):
    there = (await client.post("/api/v1/parties", json={"name": "老人", "kind": "person"})).json()
    done = await send(client, rows(f"王芳,个人,,{CARD}", f"老人,个人,,{OTHER}"), key="name")
    undone = (await client.post(f"/api/v1/parties/imports/{done['import_id']}/undo")).json()
    assert undone == {"removed": 1, "restored": 0, "kept": 0}
    assert await paper(client, "老人") is None
    assert (await client.get(f"/api/v1/parties/{there['id']}")).status_code == 200
    assert (await send(client, rows(f"李雷,个人,,{CARD}")))["papers"] == 1  # it is free again


async def test_a_number_that_somebody_changed_since_stays(client):
    done = await send(client, rows(f"王芳,个人,,{CARD}", f"李雷,个人,,{OTHER}"))
    found = (await client.get("/api/v1/parties")).json()["items"]
    wang = next(item["id"] for item in found if item["name"] == "王芳")
    await client.put(f"/api/v1/parties/{wang}/paper", json={"kind": "passport", "number": "E12345678"})
    undone = (await client.post(f"/api/v1/parties/imports/{done['import_id']}/undo")).json()
    assert undone == {"removed": 1, "restored": 0, "kept": 1}
    assert await paper(client, "王芳") == {"kind": "passport", "number": "E*******8"}


async def test_who_may_not_keep_numbers_is_offered_no_column(client_for, tenant, client):
    clerk = await client_for(tenant, permissions={"master.party.read", "master.party.create", "master.party.update", "master.party.import"})
    path = await upload(clerk, rows(f"王芳,个人,,{CARD}"))
    page = (await clerk.get(path, headers=HTML)).text
    assert ('value="paper.number"' in page, CARD in page) == (False, False)
    await clerk.post(path, data={"c0": "name", "c1": "kind", "c3": "paper.number"})
    assert (await clerk.post(f"{path}/apply")).status_code == 200
    assert await paper(client, "王芳") is None
    assert (await send(clerk, rows(f"李雷,个人,,{OTHER}")))["papers"] == 0
    template = (await clerk.get("/parties/import/template.csv")).text
    own = (await client.get("/parties/import/template.csv")).text
    assert ("证件号码" in template, "证件号码" in own) == (False, True)


async def test_an_export_stays_without_numbers(client):
    await send(client, rows(f"王芳,个人,,{CARD}"))
    for path in ("/parties/export.csv", "/api/v1/parties/export.csv"):
        assert CARD not in (await client.get(path)).text


async def test_products_take_no_papers(client):
    answer = await send(client, f"sku,name,证件号码\nA1,苹果,{CARD}\n", stem="products")
    assert (answer["created"], answer["papers"]) == (1, 0)


async def test_a_file_that_nobody_applied_goes_after_a_day(client, database, tenant):
    path = await upload(client, rows(f"王芳,个人,,{CARD}"))
    with clock.frozen(clock.now() + timedelta(hours=25)):
        async with database.work(tenant) as work:
            await forget_files(work)
    assert (await client.get(path)).status_code == 404


async def test_a_file_that_was_altered_or_moved_opens_nothing(client, database, tenant):
    path = await upload(client, rows(f"王芳,个人,,{CARD}"))
    async with database.work(tenant) as work:
        await work.session.execute(sa.text("UPDATE master_import_file SET content = content || '\\x00'::bytea"))
    assert (await client.get(path)).status_code == 404
    sealed = seal_bytes("ab" * 32, "import-file:1", b"x")
    with pytest.raises(SealBroken):
        unseal_bytes("ab" * 32, "import-file:2", sealed)


async def test_many_rows_go_in_at_once(client):
    def card(n):
        first = f"11010119900307{n:03d}"
        return first + check_digit(first)

    lines = [f"第{n}人,个人,,{card(n)}" for n in range(600)]
    answer = await send(client, rows(*lines))
    assert (answer["errors"][:1], answer["created"], answer["papers"]) == ([], 600, 600)
    assert await number(client, "第599人") == card(599)
