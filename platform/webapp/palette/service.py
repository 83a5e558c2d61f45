"""What the palette finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import structlog
from pypinyin import Style, lazy_pinyin

from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from tenancy.catalog import Catalog
from webapp.menu import menu_for
from webapp.shell import Shell

log = structlog.get_logger(__name__)

PAGES_MAX = 12
RECORDS_MAX = 5
TEXT_MAX = 80


@dataclass(frozen=True)
class Option:
    """One line.  ``act`` is done in the browser (``theme``, or the id of a dialog); otherwise ``path`` opens."""

    title: str
    path: str
    icon: str
    hint: str = ""
    keys: str = ""
    act: str = ""


@dataclass(frozen=True)
class Group:
    title: str
    options: Sequence[Option]


COMMANDS = (
    Option(N_("Toggle dark mode"), "#", "moon", act="theme"),
    Option(N_("Keyboard shortcuts"), "#", "keyboard", keys="?", act="shortcuts"),
    Option(N_("My account"), "/account", "user-circle"),
)


async def find(work: Work, catalog: Catalog, shell: Shell, text: str) -> list[Group]:
    """Groups of options that fit ``text``; without text the pages and commands."""
    wanted = text.strip().lower()[:TEXT_MAX]
    groups = await records(work, wanted) if wanted else []
    groups.append(Group(_("Go to"), pages(catalog, shell, wanted)))
    groups.append(Group(_("Commands"), commands(catalog, shell, wanted)))
    return [group for group in groups if group.options]


def pages(catalog: Catalog, shell: Shell, wanted: str) -> list[Option]:
    entries = menu_for(catalog, shell).entries
    found = [Option(e.label, e.path, e.icon, keys=f"g {e.key}" if e.key else "") for e in entries if fits(wanted, e.label, e.item.label)]
    return found[:PAGES_MAX]


def commands(catalog: Catalog, shell: Shell, wanted: str) -> list[Option]:
    """What can be done from anywhere: new records of the resources, and the shell's own commands."""
    tenant = shell.tenant
    found = []
    for given in catalog.given("resources", tenant.enabled if tenant else frozenset()):
        resource = given.item
        label = _("New: %(what)s", what=_(resource.label))
        if wanted and shell.may(f"{resource.permission}.create") and fits(wanted, label, f"New {resource.label}"):
            prefix = "" if given.vertical in catalog.cores else f"/{given.vertical}"
            found.append(Option(label, f"{prefix}/{resource.slug}/new", "plus"))
    own = (Option(_(c.title), c.path, c.icon, keys=c.keys, act=c.act) for c in COMMANDS if fits(wanted, _(c.title), c.title))
    return [*found[:PAGES_MAX], *own]


async def records(work: Work, wanted: str) -> list[Group]:
    """Records of the searchers the person may use.  One that fails is left out: the palette stays useful."""
    groups = []
    for given in work.contributions("searchers"):
        searcher = given.item
        if not work.actor.may(searcher.permission):
            continue
        try:
            async with work.session.begin_nested():
                hits = await searcher.search(work, wanted, RECORDS_MAX)
        except Exception:
            log.exception("a searcher failed", vertical=given.vertical, searcher=searcher.key)
            continue
        groups.append(Group(_(searcher.label), [Option(hit.title, hit.path, hit.icon, hit.hint) for hit in hits[:RECORDS_MAX]]))
    return groups


def fits(wanted: str, *labels: str) -> bool:
    """Whether one of the labels contains ``wanted``, as written, by pinyin or by the initials of its pinyin."""
    squeezed = wanted.replace(" ", "")
    return not wanted or any(wanted in label.lower() or any(squeezed in form for form in _pinyin(label)) for label in labels)


@lru_cache(4096)
def _pinyin(label: str) -> tuple[str, str]:
    """``凭证录入`` -> ``pzlr`` and ``pingzhengluru``."""
    initials = "".join(lazy_pinyin(label, style=Style.FIRST_LETTER)).lower()
    return initials, "".join(lazy_pinyin(label)).lower().replace(" ", "")
