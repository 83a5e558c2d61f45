"""What the people of the demo company have to do."""

from dataclasses import replace
from datetime import date, time, timedelta
from io import BytesIO

from PIL import Image, ImageDraw
from sqlalchemy import select

from core_crm.api import Opportunity, StageKind
from kernel.files import Upload
from kernel.work import Work
from master_data.api import CONTACTS, ActivityKind, Party, PartyKind, Where, add_activity, add_files
from vertical.records import create_record
from webapp.demo import names
from workflow.api import Condition, Priority, Repeat, RuleInput, TaskAction, TaskInput, Trigger, colleagues, create_task, save_rule

_ABOUT = (
    ("带方案上门演示", names.SALES, 2, time(14, 0), Priority.NORMAL),
    ("寄智慧教室样品", names.SALES, -2, None, Priority.HIGH),
    ("确认交货期和付款条件", names.OWNER, 0, None, Priority.NORMAL),
    ("更新报价，价格按上次的走", names.SALES, 0, time(17, 0), Priority.NORMAL),
)
_PEOPLE = (
    ("郑校长", "校长", "13957100011", {"decides": True, "preferred_channel": "visit", "contact_time": "工作日上午"}),
    ("吴老师", "总务主任", "13957100012", {"handles": True, "preferred_channel": "wechat", "wechat": "wu_zongwu"}),
    ("冯会计", "财务", "13957100013", {"finance": True, "preferred_channel": "email", "email": "feng@school.example.com"}),
    ("褚工", "信息中心", "13957100014", {"technical": True, "influences": True, "do_not_call": True, "preferred_channel": "wechat"}),
)
_OTHERS = (
    ("核对本月应收账款", names.ACCOUNTANT, 3, Repeat.MONTHS),
    ("周会：看商机进展", names.OWNER, 1, Repeat.WEEKS),
    ("盘点库存现金", names.CASHIER, 0, Repeat.MONTHS),
)


async def fill_teamwork(work: Work, until: date) -> None:
    """Tasks of the sellers about what they hope to sell, and some that come again."""
    people = {colleague.name: person_id for person_id, colleague in (await colleagues(work)).items()}
    seller, owner = (replace(work, actor=replace(work.actor, id=people.get(who.name), name=who.name)) for who in (names.SALES, names.OWNER))
    open_ = select(Opportunity.id).where(Opportunity.state == StageKind.OPEN).order_by(Opportunity.created_at.desc()).limit(len(_ABOUT))
    ids = (await work.session.scalars(open_)).all()
    for opportunity_id, (title, who, days, at, priority) in zip(ids, _ABOUT, strict=False):
        due_on, assignee = until + timedelta(days=days), people.get(who.name)
        task = TaskInput(title=title, assignee_id=assignee, due_on=due_on, due_time=at, priority=priority)
        await create_task(seller if who is names.OWNER else owner, task, about=("crm.opportunity", opportunity_id))
    await _rule(owner)
    for title, who, days, repeat in _OTHERS:
        again = TaskInput(title=title, assignee_id=people.get(who.name), due_on=until + timedelta(days=days), repeat=repeat)
        await create_task(seller if who is names.OWNER else owner, again)
    await _contacts(work)
    await _visit(seller)


async def _contacts(work: Work) -> None:
    """Whom the company talks to at some of its customers."""
    query = select(Party.id).where(Party.is_customer, Party.kind == PartyKind.ORGANISATION, Party.merged_into_id.is_(None))
    for party_id in await work.session.scalars(query.order_by(Party.name).limit(3)):
        for name, position, phone, more in _PEOPLE:
            await create_record(work, CONTACTS, {"party_id": party_id, "name": name, "position": position, "phone": phone, **more})


async def _visit(work: Work) -> None:
    """A visit with what was seen there."""
    party = await work.session.scalar(select(Party).where(Party.is_customer, Party.merged_into_id.is_(None)).order_by(Party.name).limit(1))
    if party is None or work.actor.id is None:
        return
    body = "看了新展厅，需要三块会议平板，另附现场平面草图。"
    entry = await add_activity(work, party, "master.party", kind=ActivityKind.VISIT, body=body, where=Where(place="客户展厅二层"))
    await add_files(work, entry, [Upload("展厅平面.png", _sketch())])


def _sketch() -> bytes:
    """A floor plan."""
    paper = Image.new("RGB", (960, 640), "#fbfaf7")
    pen = ImageDraw.Draw(paper)
    for box in ((60, 60, 900, 580), (60, 60, 420, 320), (420, 60, 900, 320), (60, 320, 560, 580)):
        pen.rectangle(box, outline="#57534b", width=6)
    for left in (480, 620, 760):
        pen.rectangle((left, 90, left + 100, 110), fill="#1d5bb8")
    pen.arc((500, 260, 620, 380), 0, 90, fill="#c0392b", width=5)
    out = BytesIO()
    paper.save(out, "PNG", optimize=True)
    return out.getvalue()


async def _rule(work: Work) -> None:
    """Whoever came from a fair is called within a day."""
    call = TaskAction(title="给 {name} 打电话，了解需求", days=1, priority=Priority.HIGH)
    fair = Condition(field="source", operator="in", value="展会、老客户介绍")
    rule = RuleInput(name="展会线索一天内联系", record_kind="crm.lead", trigger=Trigger.CREATED, conditions=[fair], actions=[call])
    await save_rule(work, rule)
