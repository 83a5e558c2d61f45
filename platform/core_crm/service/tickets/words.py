"""What states, priorities and channels of tickets are called, and what an event reads like."""

from collections.abc import Mapping
from typing import Any

from core_crm.service.tickets.model import Priority, TicketChannel, TicketState
from kernel.i18n import N_
from kernel.i18n import gettext as _

STATES = {
    TicketState.NEW: (N_("Not started"), "info"),
    TicketState.OPEN: (N_("In progress"), "warn"),
    TicketState.WAITING: (N_("Waiting for customer"), "mute"),
    TicketState.SOLVED: (N_("Solved"), "ok"),
    TicketState.CLOSED: (N_("Ticket closed"), "mute"),
}
PRIORITIES = {
    Priority.URGENT: (N_("Urgent"), "bad"),
    Priority.HIGH: (N_("High"), "warn"),
    Priority.NORMAL: (N_("Normal"), ""),
    Priority.LOW: (N_("Low"), "mute"),
}
CHANNELS = {
    TicketChannel.MAIL: (N_("E-mail"), "mail"),
    TicketChannel.FORM: (N_("Web form"), "world"),
    TicketChannel.PHONE: (N_("Phone"), "phone"),
    TicketChannel.WECHAT: (N_("WeChat"), "message"),
    TicketChannel.VISIT: (N_("In person"), "user"),
    TicketChannel.API: (N_("Program"), "robot"),
}
FIELDS = {
    "subject": N_("Subject"),
    "priority": N_("Priority"),
    "category": N_("Category"),
    "queue": N_("Queue"),
    "owner": N_("Person in charge"),
    "party": N_("Customer"),
    "contact": N_("Contact person"),
    "requester_name": N_("Name"),
    "requester_email": N_("E-mail"),
    "requester_phone": N_("Phone"),
    "order": N_("Order"),
    "product": N_("Product"),
    "serial": N_("Serial number"),
    "state": N_("State"),
}


def state_options() -> list[tuple[str, str]]:
    return [(state.value, _(label)) for state, (label, _tone) in STATES.items()]


def priority_options() -> list[tuple[str, str]]:
    return [(priority.value, _(label)) for priority, (label, _tone) in PRIORITIES.items()]


def channel_options() -> list[tuple[str, str]]:
    return [(channel.value, _(label)) for channel, (label, _icon) in CHANNELS.items()]


def event_text(facts: Mapping[str, Any] | None) -> str:
    """What happened, in the reader's language.  An act of a later release reads as itself."""
    facts = facts or {}
    act = str(facts.get("act", ""))
    if act == "changed":
        return "；".join(_changed(name, pair) for name, pair in facts.get("fields", {}).items())
    text = _ACTS.get(act)
    return _(text, **{name: value for name, value in facts.items() if name != "act"}) if text else act


def _changed(name: str, pair: Any) -> str:
    before, after = (_value(name, value) for value in pair)
    return _("%(field)s: %(before)s → %(after)s", field=_(FIELDS.get(name, name)), before=before, after=after)


def _value(name: str, value: Any) -> str:
    if value in (None, ""):
        return "—"
    if name == "priority" and value in set(Priority):
        return _(PRIORITIES[Priority(value)][0])
    if name == "state" and value in set(TicketState):
        return _(STATES[TicketState(value)][0])
    return str(value)


_ACTS = {
    "created": N_("Ticket opened"),
    "first_breached": N_("The first answer is late"),
    "resolve_breached": N_("The solution is late"),
    "escalated": N_("Escalated to %(name)s"),
    "closed_by_time": N_("Closed, as nobody answered for %(days)s days"),
    "reopened": N_("Reopened"),
    "merged_into": N_("Merged into %(number)s"),
    "merged_from": N_("%(number)s was merged in here"),
    "unmerged": N_("Merge with %(number)s undone"),
    "rated": N_("The customer rated %(score)s of 5"),
    "bounced": N_("The mail to %(address)s did not arrive"),
    "follows": N_("Goes on from %(number)s"),
    "continued": N_("Goes on in %(number)s"),
}
