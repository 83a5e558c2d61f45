"""What a training centre decides for itself."""

from typing import Annotated

import msgspec

from kernel.work import Work
from vertical.settings import settings_of


class Settings(msgspec.Struct, kw_only=True, frozen=True):
    """Per-tenant settings; the host draws the settings page from this."""

    # Non-academic education may choose the simplified method at 3 % (财税〔2016〕68号); small-scale taxpayers and schools differ.
    vat_percent: Annotated[int, msgspec.Meta(ge=0, le=13)] = 3
    tuition_due_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 7
    remind_every_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 7


async def read_settings(work: Work) -> Settings:
    """The tenant's settings."""
    return await settings_of(work, "education", Settings)
