"""A segment's conditions, and the one statement they become.

Conditions stand in groups, of which all or any must hold, and groups may stand in groups.  Every value travels as a parameter
of the statement, every field and comparison is looked up in a list: nothing that somebody typed becomes SQL.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Date, and_, case, cast, false, func, not_, null, or_, select, true
from sqlalchemy import Numeric as SqlNumeric
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY

from core_crm.marketing.segments.fields import HAS_WINDOW, OPERATORS, TAKES_DAYS, TAKES_VALUE, TAKES_VALUES, Field, FieldHidden
from core_crm.orders.model import Order, OrderLine, OrderState, worth
from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.web import id_in
from kernel.work import Work
from master_data.api import Party, agreed
from messaging.channels import Channel

RULES_MAX, DEPTH_MAX, DAYS_MAX, VALUES_MAX = 40, 4, 3650, 100
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

Value = Annotated[str, msgspec.Meta(max_length=200)]


class Rule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="rule", tag_field="type"):
    """One condition: ``orders.count`` ``at_least`` ``3`` in the last ``90`` ``days``."""

    field: Annotated[str, msgspec.Meta(max_length=60)]
    op: Annotated[str, msgspec.Meta(max_length=20)]
    value: Value = ""
    values: Annotated[list[Value], msgspec.Meta(max_length=VALUES_MAX)] = []
    days: Annotated[int, msgspec.Meta(ge=0, le=DAYS_MAX)] | None = None


class Group(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="group", tag_field="type"):
    """Conditions of which ``all`` or ``any`` must hold; without conditions everybody is in."""

    match: Literal["all", "any"] = "all"
    rules: "list[Rule | Group]" = []


class SegmentWrong(Invalid):
    """A condition cannot be asked; names it by its place, ``rules.0.rules.2``."""

    code = "segment_wrong"


def read_group(definition: Mapping[str, Any]) -> Group:
    """The conditions as they are stored."""
    return msgspec.convert(definition or {"type": "group"}, Group)


def check(group: Group, fields: Mapping[str, Field], allowed: Mapping[str, Field]) -> None:
    """Refuse conditions that cannot be asked, each by its place.

    Raises:
        SegmentWrong
        FieldHidden: the actor may not see one of the fields.
    """
    errors: list[FieldError] = []
    if _depth(group) > DEPTH_MAX:
        errors.append(FieldError("rules", _("Groups may stand in each other %(most)s deep.", most=DEPTH_MAX)))
        raise SegmentWrong(errors[0].message, errors=errors)
    found = list(_rules(group))
    if len(found) > RULES_MAX:
        errors.append(FieldError("rules", _("At most %(most)s conditions.", most=RULES_MAX)))
    for place, rule in found:
        field = fields.get(rule.field)
        if field is not None and rule.field not in allowed:
            raise FieldHidden(_("You may not see the field %(name)s, so you cannot ask about it.", name=field.label), field=place)
        if message := _wrong(rule, field):
            errors.append(FieldError(place, message))
    if errors:
        raise SegmentWrong(errors[0].message, errors=errors)


def condition(work: Work, group: Group, fields: Mapping[str, Field]) -> ColumnElement[bool]:
    """The conditions for a statement that selects from ``Party``.  What asks about a field that is gone holds for nobody."""
    parts = [condition(work, each, fields) if isinstance(each, Group) else _one(work, each, fields.get(each.field)) for each in group.rules]
    if not parts:
        return true()
    return and_(*parts) if group.match == "all" else or_(*parts)


def _rules(group: Group, place: str = "rules") -> Iterator[tuple[str, Rule]]:
    for number, each in enumerate(group.rules):
        if isinstance(each, Group):
            yield from _rules(each, f"{place}.{number}.rules")
        else:
            yield f"{place}.{number}", each


def _depth(group: Group, so_far: int = 1) -> int:
    if so_far > DEPTH_MAX:
        return so_far
    return max([so_far, *(_depth(each, so_far + 1) for each in group.rules if isinstance(each, Group))])


def _wrong(rule: Rule, field: Field | None) -> str:
    if field is None:
        return _("There is no field %(name)s.", name=rule.field)
    if rule.op not in OPERATORS[field.kind]:
        return _("%(field)s cannot be compared in this way.", field=field.label)
    if rule.op in TAKES_DAYS and rule.days is None:
        return _("%(field)s: enter how many days.", field=field.label)
    if rule.op in TAKES_VALUES and not rule.values:
        return _("%(field)s: choose at least one.", field=field.label)
    if rule.op in TAKES_VALUE:
        return _wrong_value(rule, field)
    if field.key == "owner_id" and any(id_in(value) is None for value in rule.values):
        return _("%(field)s: choose from the list.", field=field.label)
    return ""


def _wrong_value(rule: Rule, field: Field) -> str:
    if field.kind in ("count", "sum", "number") and _number(rule.value) is None:
        return _("%(field)s: enter a number.", field=field.label)
    if field.kind == "count" and not rule.value.strip().isdecimal():
        return _("%(field)s: enter a whole number.", field=field.label)
    if field.kind == "date" and _day(rule.value) is None:
        return _("%(field)s: enter a day, for example 2026-05-01.", field=field.label)
    return "" if rule.value.strip() else _("%(field)s: enter what to compare with.", field=field.label)


def _one(work: Work, rule: Rule, field: Field | None) -> ColumnElement[bool]:
    if field is None or _wrong(rule, field):
        return false()
    if field.kind == "consent":
        yes = agreed(Channel(field.key.partition(".")[2]))
        return yes if rule.op == "yes" else not_(yes)
    if field.key.startswith("orders."):
        return _of_orders(work, rule, field)
    if field.key == "created_at":
        return _of_day(work, rule, cast(func.timezone(work.tenant.zone, Party.created_at), Date))
    column: Any = Party.custom[field.key.removeprefix("custom.")].astext if field.key.startswith("custom.") else getattr(Party, field.key)
    return _of_column(work, rule, field, column)


def _of_column(work: Work, rule: Rule, field: Field, column: Any) -> ColumnElement[bool]:
    custom = field.key.startswith("custom.")
    if rule.op in ("empty", "filled"):
        empty = _empty(field, column)
        return empty if rule.op == "empty" else not_(empty)
    match field.kind:
        case "text":
            return _of_text(rule, column)
        case "choice":
            values: list[Any] = [id_in(value) for value in rule.values] if field.key == "owner_id" else list(rule.values)
            held = column.in_(values)
            return held if rule.op == "any_of" else or_(column.is_(None), not_(held))
        case "tags":
            held = column.bool_op("&&")(cast(list(rule.values), ARRAY(SqlText)))
            return held if rule.op == "any_of" else or_(column.is_(None), not_(held))
        case "check":
            yes = column.in_(("true", "True", "1")) if custom else column.is_(True)
            return func.coalesce(yes, False) if rule.op == "yes" else not_(func.coalesce(yes, False))
        case "number":
            number = case((column.op("~")(_NUMBER), cast(column, SqlNumeric)), else_=null())
            value = _number(rule.value)
            return func.coalesce(number >= value if rule.op == "at_least" else number <= value, False)
        case _:
            day = case((column.op("~")(_DAY), func.to_date(column, "YYYY-MM-DD")), else_=null())
            return _of_day(work, rule, day)


def _empty(field: Field, column: Any) -> ColumnElement[bool]:
    if field.kind == "tags":
        return or_(column.is_(None), func.cardinality(column) == 0)
    worded = field.kind in ("text", "choice") and field.key != "owner_id"
    return or_(column.is_(None), column == "") if worded else column.is_(None)


def _of_text(rule: Rule, column: Any) -> ColumnElement[bool]:
    value = rule.value.strip()
    if rule.op == "contains":
        return func.coalesce(column.icontains(value, autoescape=True), False)
    caseless = value.lower() == value.upper()  # Chinese, say: no need to fold each row
    same = func.coalesce(column == value if caseless else func.lower(column) == value.lower(), False)
    return same if rule.op == "is" else not_(same)


def _of_day(work: Work, rule: Rule, day: Any) -> ColumnElement[bool]:
    today = work.today()
    days = timedelta(days=rule.days or 0)
    if rule.op == "within_last":
        return func.coalesce(day.between(today - days, today), False)
    if rule.op == "before_last":
        return func.coalesce(day < today - days, False)
    if rule.op == "within_next":
        return func.coalesce(day.between(today, today + days), False)
    if rule.op == "anniversary":
        return func.coalesce(func.to_char(day, "MM-DD").in_(anniversaries(today, rule.days or 0)), False)
    value = _day(rule.value)
    return func.coalesce(day >= value if rule.op == "from" else day <= value, False)


def anniversaries(today: date, days: int) -> list[str]:
    """Month and day of the coming days, today included; where there is no 29 February, those born on it are met on the 28th."""
    found: list[str] = []
    for n in range(min(days, 366) + 1):
        day = today + timedelta(days=n)
        found.append(f"{day:%m-%d}")
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
            found.append("02-29")
    return sorted(set(found))


def _of_orders(work: Work, rule: Rule, field: Field) -> ColumnElement[bool]:
    """Confirmed orders only.  Each condition is a set of parties, so that it can stand anywhere among others."""
    today = work.today()
    confirmed = select(Order.party_id).where(Order.state == OrderState.CONFIRMED)
    if field.kind == "last":
        # By the index for each customer that is left: the set of all who ever bought would be far larger than what is asked.
        own = select(true()).where(Order.party_id == Party.id, Order.state == OrderState.CONFIRMED).limit(1).correlate(Party)
        ever = func.coalesce(own.scalar_subquery(), False)
        if rule.op == "never":
            return not_(ever)
        recent = confirmed.where(Order.ordered_on >= today - timedelta(days=rule.days or 0))
        return Party.id.in_(recent) if rule.op == "within_last" else and_(Party.id.not_in(recent), ever)
    within = confirmed.where(Order.ordered_on >= today - timedelta(days=rule.days)) if rule.days and field.kind in HAS_WINDOW else confirmed
    if field.kind == "bought":
        products = [found for value in rule.values if (found := id_in(value))]
        bought = Party.id.in_(within.join(OrderLine, OrderLine.order_id == Order.id).where(OrderLine.product_id.in_(products)))
        return bought if rule.op == "any_of" else not_(bought)
    value = _number(rule.value) or Decimal(0)
    figure: Any = func.count() if field.kind == "count" else worth(Order.gross)
    by_party = within.group_by(Order.party_id)
    if rule.op == "at_least":
        return true() if value <= 0 else Party.id.in_(by_party.having(figure >= value))
    return Party.id.not_in(by_party.having(figure > value))


def _number(text: str) -> Decimal | None:
    clean = text.strip().replace(",", "")
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", clean):
        return None
    try:
        return Decimal(clean)
    except InvalidOperation:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
