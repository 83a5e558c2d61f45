"""Forms drawn from structs: which control, which words, which limits."""

import enum
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from kernel import i18n
from kernel.errors import Invalid
from webapp import structs


class Pace(enum.StrEnum):
    WEEKLY = "weekly"
    EVERY_MONTH = "every_month"


class Everything(msgspec.Struct, kw_only=True):
    open: bool = True
    seats: Annotated[int, Meta(ge=1, le=50, title="Seats", description="In each room.")] = 20
    name: Annotated[str, Meta(max_length=5)] = "A"
    fee: Annotated[Decimal, Meta(extra={"ge": 0, "suffix": "%"})] = Decimal("1.50")
    since: date | None = None
    pace: Annotated[Pace, Meta(extra={"choices": {"weekly": "Each week"}})] = Pace.WEEKLY
    size: Literal["s", "m"] = "s"
    sure: bool | None = None
    note: Annotated[str | None, Meta(title="Remark", extra={"kind": "area"})] = None
    tags: list[str] = msgspec.field(default_factory=lambda: ["kept"])


def control(name: str, **values: Any) -> dict[str, Any]:
    return next(c for c in structs.controls(Everything, {**structs.defaults(Everything), **values}) if c["name"] == name)


def parsed(**form: str) -> Everything:
    filled = {c["name"]: str(c["value"]) for c in structs.controls(Everything, structs.defaults(Everything))}
    return structs.parse_form(Everything, filled | form, kept=structs.defaults(Everything))


@pytest.fixture(autouse=True)
def _in_english() -> Any:
    with i18n.using("en"):
        yield


def test_each_type_has_its_control_and_other_types_none() -> None:
    kinds = {c["name"]: c["kind"] for c in structs.controls(Everything, {})}
    assert kinds == {
        "open": "check", "seats": "number", "name": "text", "fee": "number", "since": "date", "pace": "select", "size": "select",
        "sure": "select", "note": "area",
    }  # fmt: skip


def test_words_come_from_the_meta_or_from_the_name() -> None:
    assert (control("seats")["label"], control("seats")["help"]) == ("Seats", "In each room.")
    assert control("since")["label"] == "Since"
    assert control("note")["label"] == "Remark"
    assert control("pace")["options"] == [("weekly", "Each week"), ("every_month", "Every month")]
    assert control("fee")["suffix"] == "%"


def test_what_stands_in_the_form_comes_back_as_it_was() -> None:
    assert parsed() == Everything()


def test_everything_typed_is_read() -> None:
    made = parsed(open="", seats="1,0", name="B", fee="¥2.25", since="2026/11/23", pace="every_month", size="m", sure="0", note=" x ")
    assert made == Everything(
        open=False, seats=10, name="B", fee=Decimal("2.25"), since=date(2026, 11, 23), pace=Pace.EVERY_MONTH, size="m", sure=False, note="x"
    )


def test_a_field_that_is_not_drawn_keeps_its_value() -> None:
    kept = structs.defaults(Everything) | {"tags": ["mine"]}
    assert structs.parse_form(Everything, {"seats": "1", "fee": "1", "pace": "weekly", "size": "s"}, kept=kept).tags == ["mine"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("seats", "51", "Seats is from 1 to 50."),
        ("seats", "many", "Seats is a whole number, not “many”."),
        ("seats", "", "Please fill in Seats."),
        ("name", "abcdef", "Name takes at most 5 characters; this has 6."),
        ("fee", "-1", "Fee is at least 0."),
        ("fee", "1e999999999", "Fee is a number such as 1280.50, not “1e999999999”."),
        ("since", "tomorrow", "Since is a date such as 2026-11-23, not “tomorrow”."),
        ("pace", "daily", "Pace: choose one of the list."),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(name: str, text: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        parsed(**{name: text})
    assert [(e.field, e.message) for e in refused.value.errors] == [(name, said)]


def test_all_that_does_not_fit_is_said_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        parsed(seats="0", since="x")
    assert [e.field for e in refused.value.errors] == ["seats", "since"]


@pytest.mark.parametrize(
    ("values", "field"), [({"seats": "x"}, "seats"), ({"fee": "-1"}, "fee"), ({"seats": 99}, "seats"), ({"sets": 1}, "sets")]
)
def test_values_of_programs_are_held_to_the_same(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        structs.convert(Everything, values)
    assert refused.value.errors[0].field == field


class Span(msgspec.Struct):
    first: int = 1
    last: int = 2

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError("The end lies before the beginning.")


def test_what_the_struct_itself_refuses_stands_above_the_form() -> None:
    with pytest.raises(Invalid) as refused:
        structs.parse_form(Span, {"first": "3", "last": "2"}, kept={})
    assert refused.value.message == "The end lies before the beginning."
