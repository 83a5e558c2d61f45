"""What a company decides about selling."""

from typing import Annotated

from msgspec import Meta, Struct

from core_crm.orders.model import DeliveryMode
from kernel.i18n import N_


class Settings(Struct, kw_only=True, frozen=True):
    delivery: Annotated[
        DeliveryMode,
        Meta(
            title=N_("Orders are delivered"),
            description=N_("Revenue is posted with the delivery. Orders that are confirmed already stay as they are."),
            extra={"choices": {"at_once": N_("all at once, when they are confirmed"), "separate": N_("step by step, by deliveries")}},
        ),
    ] = DeliveryMode.AT_ONCE
    quote_days: Annotated[
        int,
        Meta(
            ge=1,
            le=365,
            title=N_("Days a quote is valid"),
            description=N_("Unless stated otherwise."),
            extra={"suffix": N_("days")},
        ),
    ] = 30
