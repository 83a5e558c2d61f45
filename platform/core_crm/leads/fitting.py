"""Whether a lead fits what a rule asks of one of its fields."""

from core_crm.leads.model import Lead, Operator


def fits(lead: Lead, field: str | None, operator: Operator, value: str | None) -> bool:
    """``field`` None fits every lead.  Texts are compared without regard to case and the spaces around them."""
    if field is None:
        return True
    raw = getattr(lead, field)
    text = str(raw).strip().casefold() if raw is not None else ""
    wanted = (value or "").strip().casefold()
    if operator is Operator.FILLED:
        return bool(text)
    if operator is Operator.EMPTY:
        return not text
    if operator is Operator.CONTAINS:
        return bool(wanted) and wanted in text
    if operator is Operator.IN:
        return text in {part.strip() for part in wanted.replace("，", ",").replace("、", ",").split(",") if part.strip()}
    return bool(wanted) and text == wanted
