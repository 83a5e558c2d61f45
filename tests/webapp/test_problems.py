"""What the database refuses becomes a clear answer."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import httpx
import msgspec
import pytest

from webapp.decoding import field_error


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/orders?search=%00",
        "/api/v1/parties?search=%00",
        "/api/v1/vouchers?first=99999999999999999",
        "/api/v1/finance/accounts/%00/ledger",
    ],
)
async def test_a_value_that_no_column_holds_is_the_callers_mistake(client: httpx.AsyncClient, path: str) -> None:
    made = await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
    assert made.status_code == 201, made.text
    answer = await client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 422, answer.text
    assert "sql" not in answer.text.lower()


LINE = {"account": "1002", "debit": "1"}
VOUCHER = {"on": "2026-03-09", "lines": [LINE, LINE]}


@pytest.mark.parametrize(
    ("path", "body", "field", "english", "chinese"),
    [
        ("vouchers", {"lines": [LINE]}, "on", "on is missing; give it.", "缺少 on，请填写。"),
        ("vouchers", VOUCHER | {"lines": [LINE, {"debit": "1"}]}, "lines.1.account",
         "account is missing; give it.", "缺少 account，请填写。"),
        ("vouchers", VOUCHER | {"lines": [LINE | {"x": 1}]}, "lines.0.x", "There is no field x.", "没有字段 x。"),
        ("vouchers", VOUCHER | {"lines": [LINE | {"cash_item": "x"}]}, "lines.0.cash_item",
         "It must be a whole number or null, not a text.", "应为整数或空值，而不是文本。"),
        ("vouchers", VOUCHER | {"lines": []}, "lines", "It must have at least 1 entries.", "至少要有 1 项。"),
        ("vouchers", VOUCHER | {"lines": [LINE | {"account": ""}]}, "lines.0.account",
         "It must have at least 1 characters.", "至少要有 1 个字符。"),
        ("vouchers", VOUCHER | {"attachments": 10000}, "attachments", "It must be at most 9999.", "最大为 9999。"),
        ("vouchers", VOUCHER | {"on": "9 March"}, "on",
         "This is no day; write it like 2026-03-09.", "这不是日期，请按 2026-03-09 的形式填写。"),
        ("vouchers", VOUCHER | {"lines": [LINE | {"debit": "x"}]}, "lines.0.debit",
         "This is no number; write it like 1280.50.", "这不是数字，请按 1280.50 的形式填写。"),
        ("vouchers", VOUCHER | {"lines": [LINE | {"dimensions": {"party": "x"}}]}, "lines.0.dimensions",
         "This is no id; write it like 019aa1f0-0000-7000-8000-000000000000.",
         "这不是标识号，请按 019aa1f0-0000-7000-8000-000000000000 的形式填写。"),
        ("vouchers", [], "", "It must be an object, not a list.", "应为对象，而不是列表。"),
        ("vouchers/batch", {"vouchers": [VOUCHER], "state": "done"}, "state",
         "done is none of the values that can be chosen here.", "done 不在可选的值之内。"),
    ],
)  # fmt: skip
async def test_what_the_decoder_refuses_is_told_by_field_in_the_reader_s_language(client, path, body, field, english, chinese):
    for language, words in (("en", english), ("zh", chinese)):
        answer = await client.post(f"/api/v1/{path}", json=body, headers={"accept-language": language})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
        assert answer.json()["errors"] == [{"field": field, "message": words}]


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("limit=x", "limit", "It must be a whole number, not a text."),
        ("limit=1&after=1&first=2.5", "first", "It must be a whole number or null, not a text."),
    ],
)
async def test_a_parameter_that_cannot_be_read_is_named(client, query, field, words):
    answer = await client.get(f"/api/v1/vouchers?{query}", headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": field, "message": words}]


async def test_a_parameter_that_is_missing_is_named(client):
    answer = await client.get("/api/v1/finance/statements/balance_sheet/lines/1", headers={"accept-language": "en"})
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"field": "column", "message": "column is missing; give it."}])


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """Every kind of limit that the decoder knows."""

    number: Annotated[int, msgspec.Meta(gt=0, multiple_of=5)] = 5
    share: Annotated[float, msgspec.Meta(lt=1)] = 0
    word: Annotated[str, msgspec.Meta(pattern="^a+$", max_length=3)] = "a"
    names: Annotated[dict[str, int], msgspec.Meta(max_length=1)] = {}
    pair: tuple[int, int] = (1, 2)
    at: datetime | None = None
    kind: Literal["a", "b"] = "a"
    small: Annotated[list[int], msgspec.Meta(max_length=2)] = []
    raw: bytes = b""
    whole: Decimal = Decimal(0)
    zoned: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


@pytest.mark.parametrize(
    "values",
    [
        {"number": 0}, {"number": 7}, {"share": 2}, {"word": "b"}, {"word": "aaaa"}, {"names": {"a": 1, "b": 2}},
        {"names": {"a": "x"}}, {"pair": [1]}, {"pair": [1, "x"]}, {"at": "x"}, {"kind": "c"}, {"small": [1, 2, 3]}, {"raw": "$"},
        {"whole": "x"}, {"zoned": "2026-03-09T08:30:00"}, {"other": 1},
    ],
)  # fmt: skip
def test_no_refusal_of_the_decoder_is_left_in_its_own_words(values):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(msgspec.json.encode(values), type=Told)
    told = field_error(str(caught.value))
    assert told.field.split(".")[0] == next(iter(values))
    assert "`" not in told.message
    assert "cannot be taken" not in told.message


async def test_a_null_character_is_refused_before_it_is_written(client: httpx.AsyncClient) -> None:
    party = (await client.post("/api/v1/parties", json={"name": "联华"})).json()
    lines = [{"description": "a\x00b", "quantity": "1", "unit_price": "1"}]
    answer = await client.post("/api/v1/orders", json={"party_id": party["id"], "lines": lines})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await client.get("/api/v1/orders")).json()["items"] == []


@pytest.mark.parametrize("body", [b'{"name":' + b"[" * 50_000 + b"]" * 50_000 + b"}", b'{"name":"\xff"}', b'{"name":', b"<name/>"])
async def test_json_that_cannot_be_read_is_the_callers_mistake(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/v1/parties", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "path", ["service/measures?until=0001-01-01", "service/measures?until=9999-12-31", "service/working-days?since=9999-12-31"]
)
async def test_a_day_that_cannot_be_reckoned_with_is_the_callers_mistake(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
