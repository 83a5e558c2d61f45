"""What a rule does with a record, one kind of action after another."""

import re
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from kernel.errors import DomainError, FieldError, Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.rows import locked_row
from kernel.work import Actor, Work
from master_data.api import Employee
from vertical.locks import require_unlocked
from vertical.records import update_record
from workflow.notifications.service import notify, send_soon
from workflow.people import member, persons_in_role, persons_of
from workflow.records import Kind
from workflow.rules.fields import Field, fields_of, shown, unknown, value_of
from workflow.rules.model import Letter, Rule
from workflow.tasks.model import Priority
from workflow.tasks.service import TaskInput, create_task
from workflow.words import RULE_TOLD

OWNER_FIELD = "owner_id"
_PLACE = re.compile(r"\{([a-z_]+(?:\.[a-z0-9_]+)?)\}")

Text = Annotated[str, msgspec.Meta(max_length=4000)]
Short = Annotated[str, msgspec.Meta(max_length=200)]


class AssignAction(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="assign"):
    """Give the record to employees in turn."""

    employees: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=100)]


class SetAction(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="set_field"):
    """Set a field; ``today+3`` for a date."""

    field: Short
    value: Short = ""


class TaskAction(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="create_task"):
    """A task about the record.  ``who`` is ``owner`` (who is in charge), ``role:<code>`` or ``member:<person id>``."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    who: Short = "owner"
    days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 0
    priority: Priority = Priority.NORMAL


class NotifyAction(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="notify"):
    """Tell members something; ``{name}`` stands for the record's field of that name."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    who: Short = "owner"


class MailAction(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="send_mail"):
    """A letter.  ``to`` is a field of the record that holds an address, or ``who`` as elsewhere."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    to: Short = "email"


Action = AssignAction | SetAction | TaskAction | NotifyAction | MailAction

LABELS: Mapping[str, str] = {
    "assign": N_("Assign it"),
    "set_field": N_("Set a field"),
    "create_task": N_("Create a task"),
    "notify": N_("Notify"),
    "send_mail": N_("Send mail"),
}


class ActionRefused(DomainError):
    """An action cannot be done with this record."""

    code = "rule_action_refused"


@dataclass(frozen=True)
class Case:
    """A record at hand, with the rule that acts on it."""

    rule: Rule
    kind: Kind
    row: Any


def as_rule(work: Work, rule: Rule) -> Work:
    """The unit of work with the platform's rights, under the rule's name."""
    return replace(work, actor=Actor(id=None, name=_("Rule “%(name)s”", name=rule.name)[:80], kind="system"))


def read_actions(stored: Any) -> list[Action]:
    return msgspec.convert(list(stored), list[Action])


async def act(work: Work, case: Case, action: Action) -> str:
    """Do it, and say in words what was done.

    Raises:
        DomainError: it cannot be done.
    """
    return await _DO[type(action)](work, case, action)


async def problems(work: Work, kind: Kind, actions: list[Action], known: Mapping[str, Field]) -> list[FieldError]:
    """What is wrong with actions on records of a kind; ``known`` are the fields that whoever writes the rule may see."""
    found, kept_back = [], (await fields_of(work, kind)).keys() - known.keys()
    for number, action in enumerate(actions):
        place = f"actions.{number}"
        found += _kept_back(action, place, kept_back)
        if isinstance(action, AssignAction):
            there = set(await work.session.scalars(select(Employee.id).where(Employee.id.in_(action.employees))))
            if not hasattr(kind.model, OWNER_FIELD):
                found.append(FieldError(f"{place}.type", _("Nobody is in charge of such records.")))
            elif there != set(action.employees):
                found.append(FieldError(f"{place}.employees", _("This employee does not exist, or was deleted.")))
        elif isinstance(action, SetAction):
            field = known.get(action.field)
            if field is None or not field.writable:
                found.append(FieldError(f"{place}.field", unknown(action.field) if field is None else _("Choose one of the list.")))
                continue
            try:
                await value_of(work, field, action.value)
            except Invalid as error:
                found.append(FieldError(f"{place}.value", error.message))
        elif isinstance(action, MailAction):
            if action.to not in known and not await _sound(work, kind, action.to):
                found.append(FieldError(f"{place}.to", _("Choose one of the list.")))
        elif not await _sound(work, kind, action.who):
            found.append(FieldError(f"{place}.who", _("Choose one of the list.")))
    return found


def _kept_back(action: Action, place: str, names: Collection[str]) -> list[FieldError]:
    """Texts that would tell what is kept from whoever writes the rule."""
    texts = {name: str(getattr(action, name)) for name in ("title", "text", "subject", "body") if hasattr(action, name)}
    return [
        FieldError(f"{place}.{name}", _("You may not see the field %(name)s, so a rule of yours cannot tell it.", name=told))
        for name, text in texts.items()
        for told in _PLACE.findall(text)
        if told in names
    ]


async def _sound(work: Work, kind: Kind, who: str) -> bool:
    what, _colon, name = who.partition(":")
    if who == "owner":
        return hasattr(kind.model, OWNER_FIELD)
    if what == "member":
        try:
            return await member(work, UUID(name)) is not None
        except ValueError:
            return False
    return what == "role" and bool(name)


async def _assign(work: Work, case: Case, action: AssignAction) -> str:
    today = work.today()
    found = await work.session.scalars(select(Employee).where(Employee.id.in_(action.employees)))
    there = {e.id: e for e in found if e.left_on is None or e.left_on >= today}
    turn = [employee for employee in action.employees if employee in there]
    if not turn:
        raise ActionRefused(_("None of the employees is with the company any more."))
    rule = await locked_row(work.session, Rule, case.rule.id)
    if rule is None:
        raise ActionRefused(_("The rule was deleted meanwhile."))
    chosen = there[turn[rule.turn % len(turn)]]
    rule.turn += 1
    await _set(work, case, OWNER_FIELD, chosen.id)
    return _("Given to %(who)s", who=chosen.name)


async def _set_field(work: Work, case: Case, action: SetAction) -> str:
    field = (await fields_of(work, case.kind)).get(action.field)
    if field is None or not field.writable:
        raise ActionRefused(_("There is no field %(name)s any more.", name=action.field))
    value = await value_of(work, field, action.value)
    await (_set_own(work, case, field, value) if field.own else _set(work, case, field.name, value))
    return _("%(field)s: %(value)s", field=field.label, value=shown(field, value) or "—")


async def _set(work: Work, case: Case, name: str, value: Any) -> None:
    """Write one field, by the resource's own checks where it is one."""
    if case.kind.resource is not None and name in case.kind.resource.form:
        await update_record(work, case.kind.resource, case.row.id, {name: value})
    else:
        await require_unlocked(work, case.kind.stem, case.row.id)
        setattr(case.row, name, value)
        await work.session.flush()
    await work.session.refresh(case.row)


async def _set_own(work: Work, case: Case, field: Field, value: Any) -> None:
    """Write a field of the company's own, by the checks that hold for it on every way in."""
    given = {"custom": {field.column.name: value}}
    if case.kind.resource is not None:
        await update_record(work, case.kind.resource, case.row.id, given)
    else:
        await require_unlocked(work, case.kind.stem, case.row.id)
        case.row.custom = (await case.kind.model.tailor(work, given, case.row.id))["custom"]
        await work.session.flush()
    await work.session.refresh(case.row)
    if field.read(case.row) != (value or (False if field.type == "check" else None)):
        raise ActionRefused(_("%(label)s is not asked for in this record.", label=field.label))


async def _create_task(work: Work, case: Case, action: TaskAction) -> str:
    persons = await _persons(work, case, action.who)
    due_on = work.today() + timedelta(days=action.days)
    title = await _filled(work, case, action.title)
    data = TaskInput(title=title[:200], assignee_id=persons[0] if persons else None, due_on=due_on, priority=action.priority)
    await create_task(work, data, about=(case.kind.stem, case.row.id), announced=False)
    return _("Task: %(title)s", title=data.title)


async def _notify(work: Work, case: Case, action: NotifyAction) -> str:
    persons = await _persons(work, case, action.who)
    text = await _filled(work, case, action.text)
    count = await notify(
        work, persons, kind=RULE_TOLD, text="%(text)s", values={"text": text}, record=(case.kind.stem, case.row.id), even_self=True
    )
    return _("Members told: %(count)s", count=count)


async def _send_mail(work: Work, case: Case, action: MailAction) -> str:
    addresses = await _addresses(work, case, action.to)
    if not addresses:
        raise ActionRefused(_("There is no address to write to."))
    subject, body = " ".join((await _filled(work, case, action.subject)).split()), await _filled(work, case, action.body)
    for address in addresses:
        work.session.add(Letter(id=new_id(), to=address, subject=subject[:200], body=body, rule_id=case.rule.id))
    await work.session.flush()
    await send_soon(work)
    return _("Mail to %(address)s", address=_(", ").join(addresses))


async def _addresses(work: Work, case: Case, to: str) -> list[str]:
    if (field := (await fields_of(work, case.kind)).get(to)) is not None:
        given = [str(field.read(case.row) or "")]
    else:
        people = [await member(work, person) for person in await _persons(work, case, to)]
        given = [who.email for who in people if who is not None and who.verified]
    sound = []
    for address in given:
        try:
            sound.append(validate_email(address, check_deliverability=False).normalized)
        except EmailNotValidError:
            continue
    return list(dict.fromkeys(sound))


async def _persons(work: Work, case: Case, who: str) -> list[UUID]:
    what, _colon, name = who.partition(":")
    if who == "owner":
        owner_id = getattr(case.row, OWNER_FIELD, None)
        return list((await persons_of(work, [owner_id])).values())
    if what == "role":
        return await persons_in_role(work, name)
    return [UUID(name)] if what == "member" and await member(work, UUID(name)) else []


async def _filled(work: Work, case: Case, text: str) -> str:
    """The text with ``{name}`` replaced by the record's fields; what is no field stays as it is."""
    known = await fields_of(work, case.kind)

    def value(found: re.Match[str]) -> str:
        if found[1] == "title":
            return case.kind.title(case.row)
        field = known.get(found[1])
        return shown(field, field.read(case.row)) if field is not None else found[0]

    return _PLACE.sub(value, text)


_DO: Mapping[type, Callable[[Work, Case, Any], Coroutine[Any, Any, str]]] = {
    AssignAction: _assign,
    SetAction: _set_field,
    TaskAction: _create_task,
    NotifyAction: _notify,
    MailAction: _send_mail,
}
