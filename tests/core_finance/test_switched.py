"""No form of the books writes into another ledger than the one it was drawn for: generated over the routes of finance."""

import re

import pytest
from tests.scenarios.test_isolation_routes import entrances

from core_finance.plugin import pages

VALUES = {"code:int": "202601", "code:str": "1002", "key:str": "core_finance.transfer", "act:str": "disable"}

# What is no ledger's own, by the beginning of its address.
OF_THE_COMPANY = {
    "/vouchers/phrases": "summaries are kept for all ledgers",
    "/finance/rates": "rates are kept for all ledgers",
    "/finance/dimensions": "dimensions and their items are kept for all ledgers",
    "/finance/setup": "makes a new ledger",
    "/finance/ledgers/": "the address names the ledger",
}


def forms(app):
    own = {controller.path for controller in pages()}
    for entrance in entrances(app):
        if entrance.method == "POST" and entrance.path.startswith(tuple(own)) and not entrance.path.startswith(tuple(OF_THE_COMPANY)):
            yield entrance.path


def address(path):
    return re.sub(r"{([^}]+)}", lambda m: VALUES.get(m[1], "00000000-0000-0000-0000-000000000001"), path)


@pytest.mark.parametrize("sent", ["other", "nothing"])
async def test_every_form_refuses_another_ledger(app, client, tenant, state_of, sent):
    client.cookies.set("lang", "en")
    made = [(await client.post("/api/v1/finance/ledgers", json={"name": name, "start": "2026-01-01"})).json() for name in ("One", "Two")]
    before = await state_of(tenant)
    found = list(forms(app))
    assert len(found) > 30
    wrong = {}
    for path in found:
        answer = await client.post(address(path), data={"ledger": made[1]["id"]} if sent == "other" else {})
        if path == "/vouchers/new":  # nothing that was typed is lost
            refused = answer.status_code == 422 and "you switched to" in answer.text
        else:
            refused = answer.status_code == 409 and "ledger_switched" in answer.text
        if not refused:
            wrong[path] = answer.status_code
    assert wrong == {}
    assert await state_of(tenant) == before
