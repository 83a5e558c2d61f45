"""What the demo company hopes to sell: leads, opportunities on their way, some won, some lost, and a pool with rules."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from sqlalchemy import select

from core_crm.api import (
    LEADS,
    SCORING_RULES,
    AssignmentRuleInput,
    Condition,
    LineInput,
    Operator,
    OpportunityInput,
    PoolKind,
    PoolRuleInput,
    StageKind,
    WebFormInput,
    create_opportunity,
    lose_opportunity,
    lost_reasons,
    move_opportunity,
    pipelines,
    save_assignment_rule,
    save_form,
    save_pool_rule,
    win_opportunity,
)
from kernel.work import Work
from master_data.api import Employee
from vertical.records import create_record
from webapp.demo.days import at
from webapp.demo.names import PRODUCTS
from webapp.demo.trade import Customer

_SOURCES = ("展会", "老客户介绍", "官网", "电话拓展")
_NAMES = ("秋季教具采购", "智慧教室升级", "图书角建设", "科学实验室补充", "新学期文具", "编程课程器材", "阅览室改造", "年度框架协议")
_LEADS = (
    ("方静", "绍兴市越城区育才小学", "主任", "13806750001", "浙江 绍兴", "官网", "想了解智慧教室方案"),
    ("唐磊", "苏州慧学教育科技有限公司", "采购", "13951200002", "江苏 苏州", "展会", "需要 30 套编程器材"),
    ("沈悦", "嘉善县实验幼儿园", "园长", "13857300003", "浙江 嘉兴", "老客户介绍", "玩教具更新"),
    ("何军", "合肥博闻书店", "店长", "13905510004", "安徽 合肥", "电话拓展", None),
    ("许佳宁", "杭州星河培训学校", "校长", "13858100005", "浙江 杭州", "官网", "图书角，预算 5 万"),
    ("罗丹", "上海启梦托育中心", "负责人", "13816100006", "上海", "展会", "托育教具清单报价"),
)


async def fill_pipeline(work: Work, random: Random, customers: Sequence[Customer], products: Mapping[str, UUID], until: date) -> None:
    """Half a year of selling, up to ``until``."""
    found = await work.session.scalars(select(Employee.id).where(Employee.position.like("%销售%")).order_by(Employee.code))
    sellers = list(found) or list(await work.session.scalars(select(Employee.id).order_by(Employee.code).limit(3)))
    await _rules(work, sellers)
    for n in range(22):
        await _sell(work, random, n, random.choice(customers), random.choice(sellers), products, until)
    for n, (name, company, position, phone, region, source, need) in enumerate(_LEADS):
        values = {"name": name, "company": company, "position": position, "phone": phone, "region": region, "source": source, "need": need}
        with at(until - timedelta(days=3 * n + 1)):
            await create_record(work, LEADS, values)


async def _rules(work: Work, sellers: Sequence[UUID]) -> None:
    for name, field, operator, value, points in (
        ("留下了需求", "need", "filled", None, 30),
        ("来自展会或介绍", "source", "in", "展会、老客户介绍", 20),
        ("在浙江", "region", "contains", "浙江", 10),
    ):
        rule = {"name": name, "field": field, "operator": operator, "value": value, "points": points}
        await create_record(work, SCORING_RULES, rule)
    employees = list(sellers)
    await save_assignment_rule(
        work,
        AssignmentRuleInput(
            name="江浙沪线索", field="region", operator=Operator.IN, value="浙江 杭州、江苏 苏州、上海", employees=employees
        ),
    )
    await save_pool_rule(work, PoolRuleInput(kind=PoolKind.LEAD, name="15 天未跟进", condition=Condition.NOT_FOLLOWED, days=15))
    form = WebFormInput(
        name="官网",
        title="预约演示",
        consent_text="我同意贵公司为与我联系而保存以上信息。",
        thanks="感谢您的填写，我们会在一个工作日内与您联系。",
        intro="留下联系方式，我们的顾问会为您介绍适合的方案。",
    )
    await save_form(work, form)


async def _sell(work: Work, random: Random, n: int, customer: Customer, owner_id: UUID, products: Mapping[str, UUID], until: date) -> None:
    """One opportunity, as far as it has come."""
    begun = until - timedelta(days=random.randint(2, 150))
    items = random.sample(PRODUCTS, random.choice((1, 2)))
    lines = [LineInput(product_id=products[item.sku], quantity=Decimal(random.choice((2, 5, 10, 20)))) for item in items]
    wanted = OpportunityInput(
        party_id=customer.id,
        name=f"{_NAMES[n % len(_NAMES)]}",
        expected_on=until + timedelta(days=random.randint(-10, 75)),
        source=random.choice(_SOURCES),
        owner_id=owner_id,
        lines=lines,
    )
    with at(begun):
        made = await create_opportunity(work, wanted)
    [first, *_others] = await pipelines(work)
    open_ = [stage for stage in first.stages if stage.kind is StageKind.OPEN]
    day = begun
    for stage in open_[1 : random.randint(1, len(open_))]:
        day = min(until, day + timedelta(days=random.randint(2, 16)))
        with at(day):
            await move_opportunity(work, made.id, stage.id)
    with at(min(until, day + timedelta(days=random.randint(1, 9)))):
        if n % 5 == 1:
            await win_opportunity(work, made.id, with_order=n < 2)
        elif n % 6 == 3:
            reasons = await lost_reasons(work)
            await lose_opportunity(work, made.id, random.choice(reasons).id)
    work.session.expunge_all()
