"""Journeys to begin with: drafts with their templates and segments, to be read, changed and started."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core_crm.marketing.journeys.model import Journey
from core_crm.marketing.journeys.service import JourneyInput, save_journey
from core_crm.marketing.journeys.steps import Goal, Step, Trigger
from core_crm.marketing.segments.language import Group, Rule
from core_crm.marketing.segments.service import SegmentInput, save_segment
from core_crm.marketing.templates_api import write_template
from kernel.errors import NotFound
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import CustomKind, own_fields
from messaging.channels import Channel
from messaging.wording.service import TemplateInput, Wording


class RecipeNotFound(NotFound):
    code = "recipe_not_found"


@dataclass(frozen=True)
class Recipe:
    """``make`` answers the journey, with templates and segments by name to be made first."""

    title: str
    summary: str
    icon: str
    letters: Mapping[str, tuple[str, str, str]]
    segments: Mapping[str, Group]
    make: Callable[[Mapping[str, UUID], str], dict[str, Any]]


def _mail(made: Mapping[str, UUID], name: str) -> Step:
    return Step(kind="email", template_id=made[name])


_HELLO = '{{ customer.contact | default: "您" }}好，\n\n'
_QUIET = Group(rules=[Rule(field="orders.last", op="before_last", days=90)])
_FRIENDS = Group(rules=[Rule(field="consent.email", op="yes"), Rule(field="stage", op="any_of", values=["customer"])])

RECIPES: Mapping[str, Recipe] = {
    "welcome": Recipe(
        N_("Welcome"), N_("A mail when a customer is entered, another after three days; ends with the first order."), "confetti",
        {"hello": (N_("Welcome"), "欢迎您，{{ customer.name }}", _HELLO + "感谢您选择{{ company.name }}，有任何问题请直接回复这封邮件。"),
         "tips": (N_("First steps"), "从这里开始", _HELLO + "这是我们为新客户准备的入门介绍。")},
        {},
        lambda made, _date: {
            "trigger": Trigger(kind="created"), "goal": Goal(kind="order"),
            "steps": [_mail(made, "hello"), Step(kind="wait", days=3), _mail(made, "tips")],
        },
    ),
    "win_back": Recipe(
        N_("Win back"),
        N_("Customers who bought nothing for 90 days: a mail, an offer after a week, then a task for a colleague."),
        "heart-handshake",
        {"miss": (N_("We miss you"), "好久不见", _HELLO + "您上次下单是 {{ orders.last_on }}，近期有不少新品。"),
         "offer": (N_("Come back offer"), "专属优惠", _HELLO + "为您准备了一份专属优惠，期待再次合作。")},
        {"quiet": _QUIET},
        lambda made, _date: {
            "trigger": Trigger(kind="segment", segment_id=made["quiet"], include_present=True), "goal": Goal(kind="order"),
            "again_days": 180, "holdout_percent": 10,
            "steps": [_mail(made, "miss"), Step(kind="wait", days=7), _mail(made, "offer"), Step(kind="wait", days=7),
                      Step(kind="task", title=_("Call: no order for a long time"), days=2)],
        },
    ),
    "birthday": Recipe(
        N_("Birthday"), N_("A greeting on the day, each year. Needs a field of your own that holds the date."), "cake",
        {"wish": (N_("Birthday greeting"), "生日快乐，{{ customer.name }}", _HELLO + "{{ company.name }}祝您生日快乐！")},
        {},
        lambda made, date: {"trigger": Trigger(kind="date", field=date), "steps": [_mail(made, "wish")]},
    ),
    "holidays": Recipe(
        N_("Holidays"), N_("A greeting to customers on holidays that you list."), "calendar-heart",
        {"wish": (N_("Holiday greeting"), "节日快乐", _HELLO + "{{ company.name }}祝您节日快乐，阖家幸福！")},
        {"friends": _FRIENDS},
        lambda made, _date: {
            "trigger": Trigger(kind="calendar", segment_id=made["friends"], days=["01-01", "05-01", "10-01"]),
            "steps": [_mail(made, "wish")],
        },
    ),
    "promotion": Recipe(
        N_("Monthly promotion"),
        N_("An offer on the first of every month to who agreed, with some kept out to compare."), "discount",
        {"offer": (N_("Offer of the month"), "本月优惠", _HELLO + "本月优惠商品已上线，欢迎选购。")},
        {"friends": _FRIENDS},
        lambda made, _date: {
            "trigger": Trigger(kind="periodic", segment_id=made["friends"], every="month", on=1), "goal": Goal(kind="order"),
            "holdout_percent": 10, "steps": [_mail(made, "offer")],
        },
    ),
    "renewal": Recipe(
        N_("Renewal"),
        N_("A reminder 30 days before a date of the customer, and a task a week before. Needs a field of your own."),
        "refresh",
        {"remind": (N_("Renewal reminder"), "您的服务即将到期", _HELLO + "您的服务将于近期到期，我们随时为您办理续期。")},
        {},
        lambda made, date: {
            "trigger": Trigger(kind="date", field=date, offset_days=-30, yearly=False), "goal": Goal(kind="order"),
            "steps": [_mail(made, "remind"), Step(kind="wait", days=23), Step(kind="task", title=_("Call about the renewal"), days=3)],
        },
    ),
}  # fmt: skip


async def from_recipe(work: Work, name: str) -> Journey:
    """A draft made by a recipe.

    Raises:
        RecipeNotFound
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise RecipeNotFound(_("There is no such recipe."))
    dates = [field.code for field in await own_fields(work, "master.party") if field.kind is CustomKind.DATE]
    made: dict[str, UUID] = {}
    for key, (title, subject, body) in recipe.letters.items():
        texts = {"zh_CN": Wording(subject=subject, body=body)}
        made[key] = (await write_template(work, TemplateInput(name=_(title), channel=Channel.EMAIL, texts=texts))).id
    for key, group in recipe.segments.items():
        made[key] = (await save_segment(work, SegmentInput(name=f"{_(recipe.title)}", definition=group))).id
    parts = recipe.make(made, f"custom.{dates[0]}" if dates else "created_at")
    return await save_journey(work, JourneyInput(name=_(recipe.title), **parts))
