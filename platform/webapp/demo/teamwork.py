"""What the people of the demo company have to do."""

from datetime import date, time, timedelta

from sqlalchemy import select

from core_crm.api import Opportunity, StageKind
from kernel.work import Work
from webapp.demo import names
from workflow.api import Priority, Repeat, TaskInput, colleagues, create_task

_ABOUT = (
    ("带方案上门演示", names.SALES, 2, time(14, 0), Priority.NORMAL),
    ("寄智慧教室样品", names.SALES, -2, None, Priority.HIGH),
    ("确认交货期和付款条件", names.OWNER, 0, None, Priority.NORMAL),
    ("更新报价，价格按上次的走", names.SALES, 0, time(17, 0), Priority.NORMAL),
)
_OTHERS = (
    ("核对本月应收账款", names.ACCOUNTANT, 3, Repeat.MONTHS),
    ("周会：看商机进展", names.OWNER, 1, Repeat.WEEKS),
    ("盘点库存现金", names.CASHIER, 0, Repeat.MONTHS),
)


async def fill_teamwork(work: Work, until: date) -> None:
    """Tasks of the sellers about what they hope to sell, and some that come again."""
    people = {colleague.name: person_id for person_id, colleague in (await colleagues(work)).items()}
    open_ = select(Opportunity.id).where(Opportunity.state == StageKind.OPEN).order_by(Opportunity.created_at.desc()).limit(len(_ABOUT))
    ids = (await work.session.scalars(open_)).all()
    for opportunity_id, (title, who, days, at, priority) in zip(ids, _ABOUT, strict=False):
        due_on, assignee = until + timedelta(days=days), people.get(who.name)
        task = TaskInput(title=title, assignee_id=assignee, due_on=due_on, due_time=at, priority=priority)
        await create_task(work, task, about=("crm.opportunity", opportunity_id))
    for title, who, days, repeat in _OTHERS:
        again = TaskInput(title=title, assignee_id=people.get(who.name), due_on=until + timedelta(days=days), repeat=repeat)
        await create_task(work, again)
