"""W10: find customers among 100,000: the list as pages and API read it, by a part of the Chinese name, by pinyin initials, by nothing.

What is measured is the database's time with the way there and back: the statement of the list in the company's role and schema, without
the page around it.  The limit is not another program but 100 ms, beyond which somebody who types waits.
"""

import statistics
import time
from typing import Any
from uuid import uuid4

from sqlalchemy import true

from benchmarks.runner import Bench, Row
from kernel.work import Tenant
from master_data.api import PARTIES, Party
from master_data.search import search_text
from webapp.resource.query import Cursor, ListQuery, count_statement, list_statement
from webapp.resource.schemas import read_fields

CUSTOMERS = 100_000
LIMIT_MS = 100
PLACES = ("杭州", "上海", "北京", "深圳", "成都", "武汉", "南京", "苏州", "西安", "青岛")
WORDS = (
    "青禾",
    "东海",
    "华安",
    "远大",
    "鼎盛",
    "恒通",
    "瑞丰",
    "联华",
    "天元",
    "博雅",
    "金桥",
    "新业",
    "长风",
    "明德",
    "云山",
    "海川",
    "永信",
)
TRADES = ("商贸", "科技", "食品", "机械", "服饰", "建材", "电子", "物流", "餐饮", "教育", "医疗")
COLUMNS = (
    "id", "name", "kind", "is_customer", "is_supplier", "same_name_allowed", "stage", "phone", "payment_days", "name_key", "search_text",
    "created_at", "updated_at", "version",
)  # fmt: skip

SEARCHES = {
    "first page, no search": ListQuery(sort="name"),
    "last page, no search": ListQuery(sort="name", after=Cursor("青岛", uuid4()).encode()),
    "a part of a name that few have": ListQuery(sort="name", search="青禾云山"),
    "a part of a name that a tenth has": ListQuery(sort="name", search="杭州"),
    "a part of a name that all have": ListQuery(sort="name", search="有限公司"),
    "two words": ListQuery(sort="name", search="杭州 医疗"),
    "pinyin initials of two characters": ListQuery(sort="name", search="qh"),
    "pinyin initials of six characters": ListQuery(sort="name", search="hzqhys"),
    "a part of a phone number": ListQuery(sort="name", search="5712345"),
    "a name that nobody has": ListQuery(sort="name", search="无此客户"),
    "two letters that nobody has": ListQuery(sort="name", search="vv"),
}


async def measure(bench: Bench) -> list[Row]:
    tenant = await bench.new_tenant()
    await _seed(bench, tenant)
    names = read_fields(PARTIES)
    everything = Party.present()
    rows = []
    for what, query in SEARCHES.items():
        asked = ListQuery(search=query.search, sort=query.sort, after=query.after, within=everything)
        ms = await _ms(bench, tenant, *list_statement(PARTIES, names, asked), anew=bool(query.search))
        rows.append(Row(f"W10 {what}", ms, LIMIT_MS, 1, "ms", inverted=True))
    counted = count_statement(PARTIES, ListQuery(search="杭州", within=true()))
    rows.append(Row("W10 how many a tenth is", await _ms(bench, tenant, *counted, anew=True), LIMIT_MS, 1, "ms", inverted=True))
    return rows


async def _ms(bench: Bench, tenant: Tenant, statement: str, values: list[Any], *, anew: bool) -> float:
    """The median, after what is prepared once was prepared."""
    found = []
    for _round in range(bench.repeats * 3 + 1):
        started = time.perf_counter()
        await bench.database.tenant_rows(tenant, statement, *values, plan_anew=anew)
        found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found[1:])


async def _seed(bench: Bench, tenant: Tenant) -> None:
    """Names of three words, so that each part of a name has many or few that share it."""
    connection = await bench.bare(tenant.schema)
    moment = await connection.fetchval("SELECT now()")
    records = []
    for n in range(CUSTOMERS):
        place, one, two, trade = PLACES[n % 10], WORDS[n % 17], WORDS[n // 17 % 17], TRADES[n % 11]
        name, phone = f"{place}{one}{two}{trade}{n}有限公司", f"0571{n:08d}"
        text = search_text(name, None, phone)
        records.append(
            (uuid4(), name, "organisation", True, False, False, "customer", phone, 30, name.casefold(), text, moment, moment, 1)
        )  # fmt: skip
    for start in range(0, CUSTOMERS, 20_000):
        await connection.copy_records_to_table("master_party", records=records[start : start + 20_000], columns=COLUMNS)
    await connection.execute("VACUUM ANALYZE master_party")
    await connection.close()
