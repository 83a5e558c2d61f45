"""What customers of the demo company asked: tickets in every state, some answered late."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core_crm.api import (
    ArticleCategoryInput,
    ArticleInput,
    ArticleLocale,
    ArticleTextInput,
    CategoryInput,
    MacroInput,
    MailboxInput,
    NoteInput,
    Priority,
    QueueInput,
    ReplyInput,
    ServiceFormInput,
    SpecialDayInput,
    TicketChannel,
    TicketInput,
    TicketState,
    Upload,
    create_ticket,
    note_on_ticket,
    publish_article,
    reply_to_ticket,
    save_article,
    save_article_category,
    save_macro,
    save_mailbox,
    save_service_form,
    save_special_days,
    save_ticket_category,
    save_ticket_queue,
    set_ticket_state,
)
from kernel import clock
from kernel.work import Work
from master_data.api import Employee
from webapp.demo.days import ZONE
from webapp.demo.trade import Customer

# days ago, subject, what they say, channel, priority, category, the way it went
_TICKETS = (
    (1, "点读笔充不进电", "两支点读笔插上线没有反应，灯也不亮。", TicketChannel.PHONE, Priority.HIGH, "维修", "new"),
    (1, "想了解书架的安装服务", "新到的书架能否上门安装？周末可以吗？", TicketChannel.WECHAT, None, "咨询", "new"),
    (2, "发票抬头需要更正", "发票抬头少了“有限公司”，请重开。", TicketChannel.MAIL, None, "发票", "open"),
    (2, "编程套件少一盒传感器", "清点时发现少一盒，见附件照片。", TicketChannel.FORM, Priority.HIGH, "缺件", "waiting"),
    (4, "投影幕布有划痕", "打开包装就有一道划痕，希望更换。", TicketChannel.PHONE, Priority.NORMAL, "维修", "open"),
    (6, "送货时间能否改到周五", "周四学校有活动，请改到周五上午。", TicketChannel.WECHAT, None, "物流", "solved"),
    (9, "智慧黑板无法触控", "教室 302 的黑板触控失灵，影响上课！", TicketChannel.PHONE, Priority.URGENT, "维修", "solved"),
    (20, "对账单金额不一致", "十月对账单比我们的记录多 320 元。", TicketChannel.MAIL, None, "发票", "closed"),
    (33, "文具套装漏发两套", "签收时少两套，已补发请确认。", TicketChannel.MAIL, None, "缺件", "closed"),
)
_PEN = "# 先检查\n- 换一根数据线和插头\n- 长按电源键 **10 秒** 重启\n\n仍无反应请联系我们更换。"
_PEN_EN = "# First\n- Try another cable and plug\n- Hold the power key for **10 seconds**\n\nStill dead? We replace it."
_BOARD = "1. 重启黑板\n2. 校准触摸屏：设置 → 触控\n3. 检查 USB 线是否松动"
_TITLE = "请提供正确的抬头与税号，我们在 `1` 个工作日内重开。"
# shelf, whether it is published, texts by language
_ARTICLES: tuple[tuple[str, bool, tuple[tuple[ArticleLocale, str, str], ...]], ...] = (
    ("设备使用", True, ((ArticleLocale.ZH, "点读笔充不进电怎么办", _PEN), (ArticleLocale.EN, "The reading pen does not charge", _PEN_EN))),
    ("设备使用", True, ((ArticleLocale.ZH, "智慧黑板无法触控", _BOARD),)),
    ("发票与对账", True, ((ArticleLocale.ZH, "如何更正发票抬头", _TITLE),)),
    ("发票与对账", False, ((ArticleLocale.ZH, "对账单说明", "每月 5 日前发送上月对账单。"),)),
)
_ANSWERS = {
    "发票": "您好，已收到更正信息，我们会在今天下班前重新开具并发送到您的邮箱。",
    "缺件": "非常抱歉给您带来不便。仓库已核实，请您提供收货人电话，我们安排补发。",
    "维修": "您好，工程师已排期，请先尝试长按电源键 10 秒重启；若无效我们上门更换。",
    "物流": "好的，已通知司机改到周五上午 10 点前送达。",
    "咨询": "可以的，周末安装不另收费，请告知地址与方便的时间段。",
}


async def fill_service(work: Work, random: Random, customers: Sequence[Customer], until: date) -> None:
    """A desk with queues, and what it did in a month."""
    people = list(await work.session.scalars(select(Employee.id).order_by(Employee.code).limit(4)))
    queue = await save_ticket_queue(work, QueueInput(name="售后服务", employees=people[1:], lead_id=people[0], position=10))
    office = await save_ticket_queue(work, QueueInput(name="财务与发票", employees=people[:1], position=20))
    kinds = (
        ("维修", queue.id, Priority.HIGH),
        ("缺件", queue.id, None),
        ("物流", queue.id, None),
        ("咨询", queue.id, Priority.LOW),
        ("发票", office.id, None),
    )
    categories = {}
    for n, (name, where, priority) in enumerate(kinds):
        made = await save_ticket_category(work, CategoryInput(name=name, queue_id=where, priority=priority, position=n * 10))
        categories[name] = made.id
    box, _key = await save_mailbox(work, MailboxInput(name="青禾教育客服", address="service@qinghe.example.com", queue_id=queue.id))
    form = ServiceFormInput(
        name="官网", title="需要什么帮助？", thanks="已收到，我们会尽快回复您。", queue_id=queue.id, mailbox_id=box.id, acknowledge=False
    )
    await save_service_form(work, form)
    day = date(until.year, 12, 31)
    await save_special_days(work, SpecialDayInput(on=day, name="年终盘点", spans=["09:00-12:00"]))
    words = "您好，{customer}：{number} 已登记，工程师将在一个工作日内与您联系。"
    await save_macro(work, MacroInput(name="维修登记", text=words, category_id=categories["维修"]))
    await save_macro(
        work, MacroInput(name="补发已安排", text="{customer}您好，缺件已安排补发，预计三天内送达。", then="solved", position=10)
    )
    await _write(work)
    for days, *ticket in _TICKETS:
        await _ask(work, until - timedelta(days=days), random.choice(customers), categories, *ticket)
        work.session.expunge_all()


async def _write(work: Work) -> None:
    """A small knowledge base; one article is a draft still."""
    shelves = {}
    for n, (name, english) in enumerate((("设备使用", "Using devices"), ("发票与对账", "Invoices"))):
        shelves[name] = (await save_article_category(work, ArticleCategoryInput(name=name, name_en=english, position=n * 10))).id
    for shelf, published, languages in _ARTICLES:
        texts = [ArticleTextInput(locale=locale, title=title, body=body) for locale, title, body in languages]
        article = await save_article(work, ArticleInput(texts=texts, category_id=shelves[shelf]))
        if published:
            await publish_article(work, article.id)


async def _ask(
    work: Work,
    on: date,
    customer: Customer,
    categories: dict[str, UUID],
    subject: str,
    text: str,
    channel: TicketChannel,
    priority: Priority | None,
    category: str,
    way: str,
) -> None:
    """One ticket, as far as it has come."""
    files = [Upload(name="清点照片.txt", content="第 3 箱缺一盒".encode(), media_type="text/plain")] if category == "缺件" else []
    with clock.frozen(_at(on, 9, 20)):
        wanted = TicketInput(
            subject=subject, text=text, channel=channel, priority=priority, category_id=categories[category], party_id=customer.id
        )
        made = await create_ticket(work, wanted, files=files)
    if way == "new":
        return
    with clock.frozen(_at(on, 11, 5)):
        await note_on_ticket(work, made.id, NoteInput(text="已电话核实，按售后流程处理。"))
    with clock.frozen(_at(on, 13, 40)):
        await reply_to_ticket(work, made.id, ReplyInput(text=_ANSWERS[category], then="open" if way == "open" else "waiting"))
    if way in ("solved", "closed"):
        with clock.frozen(_at(on + timedelta(days=1), 10, 15)):
            await set_ticket_state(work, made.id, TicketState.SOLVED)
    if way == "closed":
        with clock.frozen(_at(on + timedelta(days=9), 3, 0)):
            await set_ticket_state(work, made.id, TicketState.CLOSED)


def _at(on: date, hour: int, minute: int) -> datetime:
    return min(datetime.combine(on, time(hour, minute), tzinfo=ZoneInfo(ZONE)), clock.now())
