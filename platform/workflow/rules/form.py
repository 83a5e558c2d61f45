"""What the form of a rule says: numbered rows of conditions and actions, some spare ones at the end."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from workflow.conditions import OPERATORS, Condition
from workflow.rules.actions import LABELS, Action
from workflow.rules.model import Match, Trigger
from workflow.rules.service import RuleInput

ACTION_FIELDS = ("field", "value", "title", "who", "days", "priority", "text", "to", "subject", "body")
ROWS_MAX, SPARE_CONDITIONS, SPARE_ACTIONS = 10, 2, 1


def read_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """The texts of a form; rows in which nothing was chosen are left out."""

    def text(name: str, most: int = 400) -> str:
        return str(form.get(name, "")).strip()[:most]

    conditions = []
    for n in range(ROWS_MAX):
        if field := text(f"c{n}.field", 80):
            operator = text(f"c{n}.operator")
            operator = operator if operator in OPERATORS else "eq"
            conditions.append({"field": field, "operator": operator, "value": text(f"c{n}.value")})
    actions = []
    for n in range(ROWS_MAX):
        kind = text(f"a{n}.type")
        if kind in LABELS:
            own = {name: text(f"a{n}.{kind}.{name}", 4000) for name in ACTION_FIELDS}
            employees = form.get(f"a{n}.{kind}.employees", [])
            actions.append({"type": kind, **own, "employees": employees if isinstance(employees, list) else [str(employees)]})
    names = {name: text(name, 80) for name in ("name", "record_kind", "trigger", "field", "days", "match", "position", "version")}
    return {**names, "value": text("value"), "active": text("active") == "1", "conditions": conditions, "actions": actions}


def rule_of(values: Mapping[str, Any]) -> RuleInput:
    """The rule that the texts describe.

    Raises:
        Invalid: names what cannot be read.
    """
    errors: list[FieldError] = []
    trigger = values["trigger"] if values["trigger"] in set(Trigger) else "created"
    actions = []
    for n, action in enumerate(values["actions"]):
        try:
            actions.append(_action(action, f"actions.{n}"))
        except Invalid as error:
            errors += error.errors
    if not values["name"]:
        errors.append(FieldError("name", _("Please fill in %(label)s.", label=_("Name"))))
    days = _whole(values["days"])
    if days is None or abs(days) > 3650:
        errors.append(FieldError("days", _("Enter a number.")))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return RuleInput(
        name=values["name"],
        record_kind=values["record_kind"],
        trigger=Trigger(trigger),
        field=values["field"] or None if trigger != "created" else None,
        value=values["value"] if trigger == "became" else "",
        days=days or 0 if trigger == "date" else 0,
        match=Match.ANY if values["match"] == "any" else Match.ALL,
        conditions=[Condition(**condition) for condition in values["conditions"]],
        actions=actions,
        position=_whole(values["position"]) or 0,
        active=values["active"],
    )


def spare(values: Mapping[str, Any]) -> dict[str, Any]:
    """With empty rows at the end, to be filled in."""
    return {
        **values,
        "conditions": [*values["conditions"], *({} for _n in range(SPARE_CONDITIONS))][:ROWS_MAX],
        "actions": [*values["actions"], *({} for _n in range(SPARE_ACTIONS))][:ROWS_MAX],
    }


def _action(action: Mapping[str, Any], place: str) -> Action:
    kind = action["type"]
    wanted: dict[str, Any] = {"type": kind}
    if kind == "assign":
        try:
            wanted["employees"] = [str(UUID(text)) for text in action["employees"] if text]
        except ValueError:
            wanted["employees"] = []
        if not wanted["employees"]:
            raise Invalid(_("Choose an employee."), field=f"{place}.employees")
    elif kind == "set_field":
        wanted |= {"field": action["field"], "value": action["value"][:200]}
    elif kind == "create_task":
        days = _whole(action["days"])
        if days is None or days < 0:
            raise Invalid(_("Enter a number."), field=f"{place}.days")
        wanted |= {
            "title": action["title"][:200],
            "who": action["who"] or "owner",
            "days": days,
            "priority": action["priority"] or "normal",
        }
    elif kind == "notify":
        wanted |= {"text": action["text"][:400], "who": action["who"] or "owner"}
    else:
        wanted |= {"subject": action["subject"][:200], "body": action["body"], "to": action["to"] or "email"}
    for name in ("title", "text", "subject", "body"):
        if name in wanted and not wanted[name]:
            raise Invalid(_("Write something here."), field=f"{place}.{name}")
    try:
        return msgspec.convert(wanted, Action)  # type: ignore[no-any-return]
    except msgspec.ValidationError:
        raise Invalid(_("Choose one of the list."), field=f"{place}.type") from None


def _whole(text: str) -> int | None:
    try:
        return int(text or "0")
    except ValueError:
        return None
