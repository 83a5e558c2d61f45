"""Draws what verticals contribute to the pages of others."""

import logging
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kernel.i18n import gettext as _
from kernel.work import Work

log = logging.getLogger(__name__)


async def slot(work: Work, name: str, **context: Any) -> Markup:
    """The panels of the enabled verticals for slot ``name`` that the actor may see, in their order.

    Each runs in a savepoint of its own: a panel that fails shows that it failed, and the page around it stands.
    ``context`` is handed to every panel; one for the slots of all records, ``*.side`` say, gets ``stem`` and ``record_id``.
    """
    stem, _dot, place = name.rpartition(".")
    panels = [c for c in work.contributions("panels") if c.item.slot in (name, f"*.{place}")]
    drawn = []
    for contribution in sorted(panels, key=lambda c: c.item.order):
        panel = contribution.item
        if panel.permission and not work.actor.may(panel.permission):
            continue
        given = context if panel.slot == name else {"stem": stem, "record_id": _id_of(context)}
        drawn.append(await draw(work, contribution.vertical, panel.render, **given))
    return Markup("").join(drawn)


def _id_of(context: dict[str, Any]) -> Any:
    """The id of the record that a slot is about, the first thing that its page hands in; None on the form of a new one."""
    record = next(iter(context.values()), None)
    return record.get("id") if isinstance(record, Mapping) else getattr(record, "id", None)


async def draw(work: Work, vertical: str, render: Any, **context: Any) -> Markup:
    """What ``render(work, **context)`` answers, or a note that this part of the page is out of order."""
    try:
        async with work.session.begin_nested():
            return Markup(await render(work, **context))  # noqa: S704 - a template's output, escaped where it was made
    except Exception:
        log.exception("a contribution could not be drawn", extra={"vertical": vertical})
        note = _("This part of the page, from %(vertical)s, cannot be shown now.", vertical=vertical)
        return Markup('<section class="card bad" role="note"><p>{}</p></section>').format(note)
