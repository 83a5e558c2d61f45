"""W2: trial balance, statements and an account's ledger over books of 100,000 and of a million lines.

Ours is a unit of work with the service that pages and API call: the tenant's role and schema, chart, figures, rows.  The
limit reads the same maintained balances, or one range of the same index, by one bare statement on a connection of the
superuser; what it finds is fetched and nothing is made of it.

The lines are seeded by the owner, set-based, into the same tables as posting fills.  Both sizes have the same months, chart
and parties: a book of a million lines is that of a busier company, so its balances are as many.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.runner import Act, Bench, Row
from core_finance.api import Ledger, account_ledger, create_ledger, get_account, statement, trial_balance
from core_finance.books.ledger import Place
from kernel.work import Tenant, Work

MONTHS, PARTIES = 36, 100
FIRST_YEAR = 2024
LAST = (FIRST_YEAR + MONTHS // 12 - 1) * 100 + 12
ACCOUNT = "1002"
NONE = "00000000-0000-0000-0000-000000000000"

SEED = """
CREATE TEMP TABLE leaf AS
    SELECT row_number() OVER (ORDER BY code) - 1 AS place, id, 'party' = ANY(optional_dimensions) AS of_party
    FROM finance_account WHERE ledger_id = :ledger AND is_leaf;
CREATE TEMP TABLE said AS
    SELECT i AS place, ('a' || lpad(to_hex(i), 31, '0'))::uuid AS id, ('b' || lpad(to_hex(i), 31, '0'))::uuid AS party
    FROM generate_series(0, :parties - 1) AS i;
INSERT INTO master_party (
    id, kind, name, name_key, search_text, is_customer, is_supplier, same_name_allowed, stage, payment_days, version, created_at,
    updated_at)
    SELECT party, 'person', 'P' || place, 'P' || place, 'P', true, true, false, 'customer', 0, 1, now(), now() FROM said;
INSERT INTO finance_dimension_set (id, party_id, others) SELECT id, party, '' FROM said;
CREATE TEMP TABLE made AS
    SELECT i, lpad(to_hex(i), 32, '0')::uuid AS id, (i - 1) / :each AS month, ((i - 1) % :each)::integer AS k
    FROM generate_series(1, :vouchers) AS i;
CREATE TEMP TABLE dated AS
    SELECT i, id, k + 1 AS number,
        make_date((:year + month / 12)::integer, (month % 12 + 1)::integer, (1 + k::bigint * 28 / :each)::integer) AS entry_on,
        ((:year + month / 12) * 100 + month % 12 + 1)::integer AS period, (1 + i::bigint * 7919 % 100000)::numeric / 100 AS amount,
        CASE WHEN i % 4 = 0 THEN (SELECT place FROM leaf JOIN finance_account a USING (id) WHERE a.code = ':account')
            ELSE hashint4(i::integer)::bigint & 2147483647 END AS one,
        hashint4(i::integer + 7)::bigint & 2147483647 AS two
    FROM made WHERE month < :months;
INSERT INTO finance_voucher (
    id, ledger_id, period, word, number, entry_on, kind, summary, total, attachments, made_by, posted_by, posted_at)
    SELECT id, :ledger, period, '记', number, entry_on, 'manual', 'Sale', amount, 0, 'bench', 'bench', now() FROM dated;
INSERT INTO finance_voucher_line (
    voucher_id, position, account_id, entry_on, word, number, summary, debit, credit, currency, dimension_set_id)
    SELECT d.id, side.position, leaf.id, d.entry_on, '记', d.number, 'Sale', side.debit * d.amount, (1 - side.debit) * d.amount, 'CNY',
        CASE WHEN leaf.of_party THEN said.id END
    FROM dated d
    CROSS JOIN LATERAL (VALUES (1, d.one, 1), (2, d.two, 0)) AS side(position, chosen, debit)
    JOIN leaf ON leaf.place = side.chosen % (SELECT count(*) FROM leaf)
    JOIN said ON said.place = d.i % :parties;
INSERT INTO finance_balance (ledger_id, dimension_set_id, period, account_id, currency, closing, debit, credit)
    SELECT :ledger, each.id, extract(year FROM entry_on) * 100 + extract(month FROM entry_on), account_id, 'CNY', false,
        sum(debit), sum(credit)
    FROM finance_voucher_line CROSS JOIN LATERAL (VALUES (':none'::uuid), (dimension_set_id)) AS each(id)
    WHERE each.id IS NOT NULL GROUP BY 2, 3, 4;
INSERT INTO finance_cash_total (ledger_id, period, item, amount)
    SELECT :ledger, (:year + m / 12) * 100 + m % 12 + 1, item, 1000 + item
    FROM generate_series(0, :months - 1) m, generate_series(1, 6) item;
DROP TABLE leaf, said, made, dated;
"""

SUMS = "b.period < $2, b.period <= $4, b.closing, sum(b.debit), sum(b.credit)"
BALANCES = f"""
SELECT a.code, a.name, {SUMS} FROM finance_balance b JOIN finance_account a ON a.id = b.account_id
WHERE b.ledger_id = $1 AND b.dimension_set_id = '{NONE}' AND b.period <= $3 GROUP BY 1, 2, 3, 4, 5
"""
# What a balance sheet needs beside: what each party owes or is owed, at the end and at the year's beginning.
PARTIES_OWE = """
SELECT account_id, party, sum(net), sum(CASE WHEN period <= $4 THEN net ELSE 0 END) FROM (
    SELECT b.account_id, s.party_id AS party, b.period, b.debit - b.credit AS net FROM finance_balance b
    JOIN finance_dimension_set s ON s.id = b.dimension_set_id
    WHERE b.ledger_id = $1 AND b.account_id = ANY($5) AND b.period <= $3
) x GROUP BY account_id, party
"""
SHEET = f"""
SELECT a.id, {SUMS} FROM finance_balance b JOIN finance_account a ON a.id = b.account_id
WHERE b.ledger_id = $1 AND b.dimension_set_id = '{NONE}' AND b.period <= $3 GROUP BY 1, 2, 3, 4
UNION ALL SELECT account_id, true, true, true, now, opening FROM ({PARTIES_OWE}) AS owed(account_id, party, now, opening)
"""
# The cash flow statement has the totals of its lines beside.
CASH = f"""
SELECT a.id, {SUMS} FROM finance_balance b JOIN finance_account a ON a.id = b.account_id
WHERE b.ledger_id = $1 AND b.dimension_set_id = '{NONE}' AND b.period <= $3 GROUP BY 1, 2, 3, 4
UNION ALL SELECT NULL, period >= $2, true, true, sum(amount), item FROM finance_cash_total
WHERE ledger_id = $1 AND period > $4 AND period <= $3 GROUP BY 2, item
"""
PAGE = f"""
SELECT voucher_id, entry_on, word, number, position, summary, debit, credit, (
    SELECT sum(b.debit - b.credit) FROM finance_balance b
    WHERE b.account_id = $1 AND b.dimension_set_id = '{NONE}' AND b.period < $4
)
FROM finance_voucher_line WHERE account_id = $1 AND entry_on >= $2 AND entry_on < $3
ORDER BY entry_on, word, number, position LIMIT 51
"""
DEEP = PAGE.replace("ORDER BY", "AND (entry_on, word, number, position) > ($5, $6, $7, $8)\nORDER BY", 1)


@dataclass(frozen=True)
class Company:
    """A seeded company, and a place deep in the ledger of its bank account."""

    tenant: Tenant
    ledger: Ledger
    account: UUID
    owing: Sequence[UUID]
    deep: Place


async def measure(bench: Bench) -> list[Row]:
    found = {size: await _of(bench, size) for size in bench.lines}
    rows = [
        Row(f"W2 {name}, {size:,} lines", ours, limit, 0.5, "ms", inverted=True)
        for size, works in found.items()
        for name, (ours, limit) in works.items()
    ]
    least, most = min(found), max(found)
    if least < most:
        rows += [
            Row(f"W2 {name}, {most:,} lines against {least:,}", found[most][name][0], ours, 1 / 1.5, "ms", inverted=True)
            for name, (ours, _limit) in found[least].items()
        ]
    return rows


async def _of(bench: Bench, size: int) -> Mapping[str, tuple[float, float]]:
    """Milliseconds of ours and of the limit, by work."""
    company = await _company(bench, size)
    connection = await bench.bare(company.tenant.schema)
    works = _works(company)
    acts: dict[str, tuple[Sequence[Act], int]] = {}
    for name, (ours, bare, values) in works.items():
        acts[f"limit {name}"] = ([_bare(connection, bare, values)], 1)
        acts[f"ours {name}"] = ([_ours(bench, company.tenant, ours)], 1)
    rates = await bench.rates(acts)
    await connection.close()
    return {name: (1000 / rates[f"ours {name}"], 1000 / rates[f"limit {name}"]) for name in works}


Service = Callable[[Work], Awaitable[Any]]


def _works(company: Company) -> Mapping[str, tuple[Service, str, Sequence[Any]]]:
    """By name: ours, the bare statement, and what that is asked with."""
    ledger, first = company.ledger, LAST - 2
    january, span = LAST // 100 * 100, {"first": LAST - 2, "last": LAST}
    balances = (ledger.id, first, LAST, january)
    days = (date(first // 100, first % 100, 1), date(LAST // 100 + 1, 1, 1))
    year = (date(FIRST_YEAR, 1, 1), days[1])
    place = company.deep

    async def page(work: Work, start: int, after: str | None = None) -> object:
        return await account_ledger(work, ledger, await get_account(work, ledger, ACCOUNT), first=start, last=LAST, after=after)

    return {
        "trial balance": (lambda work: trial_balance(work, ledger, **span), BALANCES, balances),
        "balance sheet": (lambda work: statement(work, ledger, "balance_sheet", **span), SHEET, (*balances, company.owing)),
        "income statement": (lambda work: statement(work, ledger, "income_statement", **span), BALANCES, balances),
        "cash flow statement": (lambda work: statement(work, ledger, "cash_flow", **span), CASH, balances),
        "account ledger, first page": (lambda work: page(work, first), PAGE, (company.account, *days, first)),
        "account ledger, deep page": (
            lambda work: page(work, FIRST_YEAR * 100 + 1, place.encode()),
            DEEP,
            (company.account, *year, FIRST_YEAR * 100 + 1, place.entry_on, place.word, place.number, place.position),
        ),
    }


def _ours(bench: Bench, tenant: Tenant, service: Service) -> Act:
    async def act() -> None:
        async with bench.database.work(tenant) as work:
            await service(work)

    return act


def _bare(connection: asyncpg.Connection, statement: str, values: Sequence[Any]) -> Act:
    async def act() -> None:
        await connection.fetch(statement, *values)

    return act


async def _company(bench: Bench, size: int) -> Company:
    tenant = await bench.new_tenant()
    async with bench.database.work(tenant) as work:
        ledger = await create_ledger(work, name="Bench", start=date(FIRST_YEAR, 1, 1))
        account = (await get_account(work, ledger, ACCOUNT)).id
    setup = await bench.bare(tenant.schema)
    said = {"ledger": f"'{ledger.id}'::uuid", "vouchers": size // 2, "each": max(1, size // 2 // MONTHS), "months": MONTHS,
            "year": FIRST_YEAR, "parties": PARTIES, "account": ACCOUNT, "none": NONE}  # fmt: skip
    text = SEED
    for name, value in said.items():
        text = text.replace(f":{name}", str(value))
    for each in text.split(";\n"):
        if each.strip():
            await setup.execute(each)
    await setup.execute("VACUUM ANALYZE finance_voucher_line, finance_balance, finance_voucher, finance_dimension_set, finance_account")
    owing = await setup.fetch("SELECT id FROM finance_account WHERE ledger_id = $1 AND 'party' = ANY(optional_dimensions)", ledger.id)
    deep = await setup.fetchrow(
        "SELECT entry_on, word, number, position FROM finance_voucher_line WHERE account_id = $1"
        " ORDER BY entry_on DESC, word DESC, number DESC, position DESC OFFSET 200 LIMIT 1", account,
    )  # fmt: skip
    await setup.close()
    return Company(tenant, ledger, account, [row["id"] for row in owing], Place(*deep, balance=0))
