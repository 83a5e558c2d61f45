"""W6: import a file of 100,000 customers: read, check every row against the others and the database, write, keep what undoes it.

The limit is a bare COPY of the same rows, made before, into a table of the same columns, keys and indexes.
"""

import statistics
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg

from benchmarks.runner import Bench, Row
from kernel.work import SYSTEM
from master_data.api import PARTIES, Party
from vertical.records import complete, prepare
from webapp.resource.fields import fields_of
from webapp.resource.importing import apply, guess_mapping, read_sheet, try_import

ROWS = 100_000
TARGET = 0.7
SURNAMES, GIVEN, TRADES = "王李张刘陈杨赵黄周吴", "青禾东海华安远大鼎盛恒通瑞丰", ("商贸", "科技", "食品", "机械", "服饰")


async def measure(bench: Bench) -> list[Row]:
    ours, limits = [], []
    for _round in range(max(1, min(bench.repeats, 3))):
        limits.append(await _limit(bench))
        ours.append(await _ours(bench))
    work = f"W6 import of {ROWS:,} customers, against a bare COPY"
    return [Row(work, statistics.median(ours), statistics.median(limits), TARGET, "s", inverted=True)]


def _name(n: int) -> str:
    return f"{SURNAMES[n % 10]}{GIVEN[n % 14]}{GIVEN[n // 14 % 14]}{TRADES[n % 5]}{n}有限公司"


def _content() -> bytes:
    lines = (f"{_name(n)},1{30 + n % 60}{n:08d},{n % 90},华东,备注{n}" for n in range(ROWS))
    return "\n".join(["name,phone,payment_days,region,remark", *lines]).encode()


async def _ours(bench: Bench) -> float:
    tenant = await bench.new_tenant()
    content = _content()
    started = time.perf_counter()
    async with bench.database.work(tenant, SYSTEM) as work:
        sheet = read_sheet(content)
        trial = await try_import(work, PARTIES, sheet, guess_mapping(fields_of(PARTIES, "form"), sheet.header))
        done = await apply(work, PARTIES, trial, file_name="customers.csv")
    seconds = time.perf_counter() - started
    if len(done.created) != ROWS:
        raise RuntimeError("not all rows were imported")
    return seconds


async def _limit(bench: Bench) -> float:
    tenant = await bench.new_tenant()
    bare: asyncpg.Connection[Any] = await bench.bare(tenant.schema)
    await bare.execute("CREATE TABLE public.bench_party (LIKE master_party INCLUDING ALL)")
    columns = [column.name for column in Party.__table__.columns]
    moment, records = datetime.now(UTC), []
    for n in range(ROWS):
        values = {"name": _name(n), "phone": f"1{30 + n % 60}{n:08d}", "payment_days": n % 90, "region": "华东", "remark": f"备注{n}"}
        row = complete(PARTIES, prepare(PARTIES, values)) | {"id": uuid4(), "created_at": moment, "updated_at": moment}
        records.append([str(value) if key in ("kind", "stage") else value for key, value in ((name, row[name]) for name in columns)])
    started = time.perf_counter()
    await bare.copy_records_to_table("bench_party", schema_name="public", records=records, columns=columns)
    seconds = time.perf_counter() - started
    await bare.execute("DROP TABLE public.bench_party")
    await bare.close()
    return seconds
