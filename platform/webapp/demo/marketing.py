"""Whom the demo company may write to, and what it wrote."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import update

from core_crm.api import SegmentGroup, SegmentInput, SegmentRule, journey_by_recipe, save_segment, start_journey, template_names
from kernel import clock
from kernel.work import Work
from master_data.api import ConsentSource, Proof, keep_consent, update_party, write_text
from messaging.channels import Channel
from messaging.outgoing.model import Message, MessageState, Purpose
from messaging.outgoing.queueing import Draft, queue
from messaging.wording.service import TemplateInput, Wording, save_template
from webapp.demo.days import at
from webapp.demo.trade import Customer

_TEXTS = {
    Channel.EMAIL: "我同意青禾商贸通过电子邮件向我发送新品和促销信息，并可随时退订。",
    Channel.SMS: "我同意青禾商贸通过短信向我发送新品和促销信息，回复 R 即可拒收。",
}
_LETTERS = (
    ("冬季新品到店，老客户 9 折", MessageState.SENT),
    ("您的月度采购清单", MessageState.SENT),
    ("会员日：满 2000 减 200", MessageState.BOUNCED),
)

_WELCOME = TemplateInput(
    name="欢迎新客户",
    channel=Channel.EMAIL,
    texts={
        "zh_CN": Wording(
            subject="欢迎，{{ customer.name }}",
            body=(
                '# 欢迎加入青禾\n\n{{ customer.contact | default: "您" }}好，\n\n'
                "感谢选择{{ company.name }}。有任何需要，直接回复这封邮件即可。"
            ),
        )
    },
)
_OFTEN = SegmentInput(
    name="近 90 天的常客", definition=SegmentGroup(rules=[SegmentRule(field="orders.count", op="at_least", value="3", days=90)])
)


async def fill_marketing(work: Work, customers: Sequence[Customer], until: date) -> None:
    """Consents with their proof, and messages of the last weeks."""
    reached = customers[:12]
    with at(until - timedelta(days=60)):
        texts = {channel: await write_text(work, channel, body) for channel, body in _TEXTS.items()}
        for number, customer in enumerate(reached, start=1):
            await update_party(work, customer.id, {"email": f"buyer{number}@customers.example.com"})
            proof = Proof(source=ConsentSource.STAFF, note="签约时书面同意", text_id=texts[Channel.EMAIL].id)
            await keep_consent(work, customer.id, Channel.EMAIL, proof, granted=number % 6 != 0)
        await save_template(work, _WELCOME, await template_names(work))
        await save_segment(work, _OFTEN)
        await start_journey(work, (await journey_by_recipe(work, "welcome")).id)
        await journey_by_recipe(work, "win_back")
    for days, (subject, state) in enumerate(_LETTERS, start=1):
        with at(until - timedelta(days=days * 7)):
            await _letter(work, reached[days], f"buyer{days + 1}@customers.example.com", subject, state)


async def _letter(work: Work, customer: Customer, address: str, subject: str, state: MessageState) -> None:
    draft = Draft(
        key=f"demo:{customer.id}", channel=Channel.EMAIL, purpose=Purpose.MARKETING, party_id=customer.id, party_name=customer.name,
        address=address, subject=subject, text=f"{customer.name}：\n\n{subject}。欢迎选购。\n\n青禾商贸", source="demo",
    )  # fmt: skip
    message_id = await queue(work, draft)
    values = {"state": state, "sent_at": clock.now(), "settled_at": clock.now(), "attempts": 1, "answer": "250 OK"}
    await work.session.execute(update(Message).where(Message.id == message_id).values(values))
