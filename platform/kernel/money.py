"""Amounts of money: exact decimals with their currency, rounded half-up to the minor unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from types import MappingProxyType

# ISO 4217: digits after the decimal point.
CURRENCIES = MappingProxyType(
    {
        "CNY": 2, "USD": 2, "EUR": 2, "HKD": 2, "GBP": 2, "JPY": 0, "KRW": 0, "AUD": 2, "CAD": 2, "CHF": 2, "SGD": 2, "TWD": 2,
        "MOP": 2, "THB": 2, "MYR": 2, "VND": 0, "INR": 2, "RUB": 2, "NZD": 2, "SEK": 2, "NOK": 2, "DKK": 2, "AED": 2, "KWD": 3,
    }
)  # fmt: skip

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


@dataclass(frozen=True)
class Money:
    """An amount in one currency.  Adding two currencies is refused rather than guessed."""

    amount: Decimal
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("an amount of money is a Decimal")
        if self.currency not in CURRENCIES:
            raise ValueError(f"unknown currency {self.currency}")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def rounded(self) -> "Money":
        """The same, to the minor unit of its currency."""
        return Money(round_half_up(self.amount, CURRENCIES[self.currency]), self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")


def round_half_up(amount: Decimal, places: int = 2) -> Decimal:
    """``amount`` to ``places`` decimals, 四舍五入, as Chinese tax law rounds."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def written(amount: Decimal, currency: str) -> str:
    """``1,286,430.00``, or ``1,286,430`` of yen: for papers and texts that name the currency beside it."""
    return f"{amount:,.{CURRENCIES[currency]}f}"


def allocate(total: Money, weights: Sequence[Decimal]) -> list[Money]:
    """Split ``total`` by ``weights`` without losing a cent.

    The remainder goes to the largest fractions first (Hamilton's method), so the
    parts sum to ``total`` exactly.

    Raises:
        ValueError: a weight is negative, or all are zero.
    """
    whole = sum(weights, Decimal(0))
    if whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative, and not all zero")
    unit = Decimal(1).scaleb(-CURRENCIES[total.currency])
    exact = [total.amount * weight / whole for weight in weights]
    parts = [share.quantize(unit, rounding=ROUND_DOWN) for share in exact]
    left = total.amount - sum(parts, Decimal(0))
    step = unit if left >= 0 else -unit
    by_fraction = sorted(range(len(parts)), key=lambda i: abs(exact[i] - parts[i]), reverse=True)
    for i in by_fraction[: int(left / step)]:
        parts[i] += step
    return [Money(part, total.currency) for part in parts]


def rmb_upper(amount: Decimal) -> str:
    """``amount`` of yuan in the capital numerals of bills: 1409.50 is 壹仟肆佰零玖元伍角整.

    Source: 《正确填写票据和结算凭证的基本规定》, Annex 1 of 《支付结算办法》.
    """
    fen = int(round_half_up(abs(amount)) * 100)
    yuan, cents = divmod(fen, 100)
    jiao, last = divmod(cents, 10)
    text = _integer(yuan) + "元" if yuan else ""
    if jiao:
        text += ("零" if yuan and yuan % 10 == 0 else "") + _DIGITS[jiao] + "角"
    elif last and yuan:
        text += "零"
    if last:
        text += _DIGITS[last] + "分"
    else:
        text = (text or "零元") + "整"
    return ("负" if amount < 0 and fen else "") + text


def _integer(number: int) -> str:
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    gap = False
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if group == 0:
            gap = bool(text)
            continue
        if text and (gap or group < 1000):
            text += "零"
        text += _four_digits(group) + _GROUPS[index]
        gap = False
    return text


def _four_digits(group: int) -> str:
    text = ""
    gap = False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return text
