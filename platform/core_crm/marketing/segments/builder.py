"""The form of a segment's conditions: groups of conditions, written without code and drawn anew by the server at each change."""

import re
from collections.abc import Mapping
from typing import Any

from core_crm.marketing.segments.fields import HAS_WINDOW, OPERATORS, TAKES_DAYS, TAKES_VALUE, TAKES_VALUES, Field
from core_crm.marketing.segments.language import Group, Rule
from kernel.i18n import N_
from kernel.i18n import gettext as _

GROUPS_MAX, RULES_MAX = 8, 12
_DAYS_SAID = {
    "within_last": N_("%(field)s within the last %(days)s days"),
    "before_last": N_("%(field)s more than %(days)s days ago"),
    "within_next": N_("%(field)s within the next %(days)s days"),
    "anniversary": N_("anniversary of %(field)s within the next %(days)s days"),
}
_PLACE = re.compile(r"(?P<prefix>[a-z]*)g(?P<group>\d{1,2})\.r(?P<rule>\d{1,2})\.field")


def read_form(form: Any, prefix: str = "") -> Group:
    """The conditions in a form's fields ``g0.r1.field``, ``.op``, ``.value``, ``.values`` and ``.days``; order is by number.

    ``do`` says which button was pressed: ``add-0`` a condition to the first group, ``add`` a group, ``drop-0-1`` a condition.
    """
    places: dict[int, list[int]] = {}
    for name in form:
        found = _PLACE.fullmatch(str(name))
        if found and found["prefix"] == prefix:
            places.setdefault(int(found["group"]), []).append(int(found["rule"]))
    doing = str(form.get("do", ""))
    groups: list[Group] = []
    for g in sorted(places)[:GROUPS_MAX]:
        rules = [_rule(form, f"{prefix}g{g}.r{r}") for r in sorted(set(places[g]))[:RULES_MAX] if doing != f"{prefix}drop-{g}-{r}"]
        if doing == f"{prefix}add-{g}":
            rules.append(Rule(field="stage", op="any_of"))
        if rules:
            groups.append(Group(match=_match(form, f"{prefix}g{g}.match"), rules=[*rules]))
    if doing == f"{prefix}add":
        groups.append(Group(rules=[Rule(field="stage", op="any_of")]))
    return Group(match=_match(form, f"{prefix}match"), rules=[*groups])


def shown(group: Group, fields: Mapping[str, Field], prefix: str = "") -> dict[str, Any]:
    """The conditions as the form draws them: two levels, a plain list of conditions stands in one group."""
    loose = [each for each in group.rules if isinstance(each, Rule)]
    inner = [each for each in group.rules if isinstance(each, Group)]
    groups = [Group(match=group.match, rules=[*loose])] if loose else []
    groups += [each if all(isinstance(r, Rule) for r in each.rules) else _flat(each) for each in inner]
    drawn = [
        {"place": f"{prefix}g{g}", "number": g, "match": each.match,
         "rules": [_drawn(rule, fields, f"{prefix}g{g}.r{r}", r) for r, rule in enumerate(each.rules) if isinstance(rule, Rule)]}
        for g, each in enumerate(groups)
    ]  # fmt: skip
    return {"prefix": prefix, "match": group.match, "groups": drawn, "fields": [(f.key, f.label) for f in fields.values()]}


def words(group: Group, fields: Mapping[str, Field]) -> str:
    """The conditions as a sentence."""
    joint = _(" and ") if group.match == "all" else _(" or ")
    parts = [f"({words(each, fields)})" if isinstance(each, Group) else _rule_words(each, fields) for each in group.rules]
    return joint.join(parts) if parts else _("everybody")


def _flat(group: Group) -> Group:
    """A group that was written by a program and is too deep for the form: its conditions, as far as they can be shown."""
    return Group(match=group.match, rules=[r for r in group.rules if isinstance(r, Rule)])


def _rule(form: Any, place: str) -> Rule:
    days = str(form.get(f"{place}.days", "")).strip()
    values = [str(value)[:200] for value in form.getall(f"{place}.values", [])][:100]
    return Rule(
        field=str(form.get(f"{place}.field", ""))[:60],
        op=str(form.get(f"{place}.op", ""))[:20],
        value=str(form.get(f"{place}.value", "")).strip()[:200],
        values=[value for value in values if value],
        days=min(int(days), 3650) if days.isdecimal() and len(days) < 6 else None,
    )


def _drawn(rule: Rule, fields: Mapping[str, Field], place: str, number: int) -> dict[str, Any]:
    field = fields.get(rule.field) or next(iter(fields.values()))
    operators = OPERATORS[field.kind]
    op = rule.op if rule.op in operators else next(iter(operators))
    known = {value for value, _label in field.options}
    return {
        "place": place,
        "number": number,
        "field": field.key,
        "operators": [(value, _(label)) for value, label in operators.items()],
        "op": op,
        "value": rule.value,
        "values": rule.values,
        "options": [*field.options, *((value, value) for value in rule.values if value not in known)],
        "days": "" if rule.days is None else rule.days,
        "takes_value": op in TAKES_VALUE,
        "takes_values": op in TAKES_VALUES,
        "takes_days": op in TAKES_DAYS or field.kind in HAS_WINDOW,
        "needs_days": op in TAKES_DAYS,
        "kind": field.kind,
    }


def _rule_words(rule: Rule, fields: Mapping[str, Field]) -> str:
    field = fields.get(rule.field)
    if field is None:
        return rule.field
    if said := _DAYS_SAID.get(rule.op):
        return _(said, field=field.label, days=rule.days)
    labels = dict(field.options)
    value = _(", ").join(labels.get(value, value) for value in rule.values) if rule.op in TAKES_VALUES else rule.value
    operator = _(OPERATORS[field.kind].get(rule.op, rule.op))
    condition = " ".join(part for part in (operator, value) if part)
    if rule.days and field.kind in HAS_WINDOW:
        return _("%(field)s %(condition)s in %(days)s days", field=field.label, condition=condition, days=rule.days)
    return f"{field.label} {condition}"


def _match(form: Any, name: str) -> Any:
    return "any" if form.get(name) == "any" else "all"
