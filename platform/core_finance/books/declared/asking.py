"""What several books are asked with."""

from collections.abc import Awaitable, Callable, Sequence

from core_finance.books.book import Asked, Options, Parameter
from core_finance.books.codes import Codes
from core_finance.chart.model import Account, Ledger
from core_finance.chart.service import accounts, get_account, titled
from core_finance.dimensions.service import kinds
from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work

LEVELS = 9

Offer = Callable[[Work, Ledger], Awaitable[Sequence[Account]]]


async def _all(work: Work, ledger: Ledger) -> Sequence[Account]:
    return await accounts(work, ledger)


def account_parameter(offer: Offer = _all) -> Parameter:
    """The account of the book, out of those that have such a book."""

    async def offered(asked: Asked) -> Options:
        return [(a.code, titled(a, asked.ledger)) for a in await offer(asked.work, asked.ledger)]

    return Parameter("account", N_("Account"), required=True, offer=offered)


async def chosen(asked: Asked) -> Account:
    """The account that is asked for.

    Raises:
        AccountNotFound: there is none of that code.
    """
    return await get_account(asked.work, asked.ledger, asked["account"])


async def account_named(_made: object, asked: Asked) -> Sequence[str]:
    """What the page says beside the title: which account it is."""
    return [titled(await chosen(asked), asked.ledger)]


async def _levels(_asked: Asked) -> Options:
    return [(str(LEVELS), _("All")), ("1", "1"), ("2", "2"), ("3", "3")]


def level_parameter(default: int) -> Parameter:
    return Parameter("level", N_("Level"), int, default, offer=_levels)


CODE_FROM = Parameter("code_from", N_("From account"))
CODE_TO = Parameter("code_to", N_("To account"))


def codes(asked: Asked) -> Codes:
    return Codes.between(asked["code_from"], asked["code_to"])


def level(asked: Asked) -> int:
    """Raises:
    Invalid: there are not so many levels.
    """
    if not 1 <= asked["level"] <= LEVELS:
        raise Invalid(_("level is between 1 and %(most)s.", most=LEVELS), field="level")
    return int(asked["level"])


async def dimensions(asked: Asked) -> Options:
    """The kinds of dimensions that the company has."""
    return [(kind.key, kind.label) for kind in await kinds(asked.work)]


async def dimensions_or_none(asked: Asked) -> Options:
    return [("", "—"), *await dimensions(asked)]
