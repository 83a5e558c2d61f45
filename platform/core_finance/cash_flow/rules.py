"""Which line of the cash flow statement a share of a movement belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core_finance.cash_flow.split import Direction, Share
from core_finance.chart.model import Standard, Taxpayer
from core_finance.chart.official import CODE_LENGTHS, in_scheme
from core_finance.statements.layout import cash_lines, cash_rules, layout


@dataclass(frozen=True)
class Tagged:
    share: Share
    item: int | None
    is_chosen: bool = False


def items(standard: Standard) -> Mapping[int, int]:
    """The lines that movements may stand on, each with its sign in the net increase: 1 for receipts, -1 for payments."""
    return layout(standard, "cash_flow").signs(cash_lines(standard).net)


@dataclass(frozen=True)
class Rules:
    """The company's rules before the official ones; in each the longest beginning of the account's code wins."""

    standard: Standard
    taxpayer: Taxpayer
    own: Mapping[tuple[str, Direction], int]
    lengths: tuple[int, ...] = CODE_LENGTHS

    @cached_property
    def _known(self) -> Mapping[int, int]:
        return items(self.standard)

    @cached_property
    def _official(self) -> Mapping[str, Sequence[int] | None]:
        """Of each account that a rule names, as the ledger writes its code."""
        return {in_scheme(code, self.lengths): pair for code, pair in cash_rules(self.standard)["accounts"].items()}

    @cached_property
    def _following(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        raw = cash_rules(self.standard)
        follow, paid = (tuple(in_scheme(code, self.lengths) for code in raw[name]) for name in ("follow", "tax_paid"))
        return follow, paid

    def item(self, account: str, direction: Direction) -> int | None:
        """The official line for money that moves against ``account``; None where a person decides."""
        for length in range(len(account), 0, -1):
            if account[:length] in self._official:
                pair = self._official[account[:length]]
                return pair[direction == "out"] if pair else None
        return None

    def own_item(self, account: str, direction: Direction) -> int | None:
        """The line by the company's own rules."""
        for length in range(len(account), 0, -1):
            if found := self.own.get((account[:length], direction)):
                return found
        return None

    def tag(self, shares: Sequence[Share], chosen: int | None = None) -> list[Tagged]:
        """The shares of one voucher with their lines; ``chosen`` was said of the cash itself at entry."""
        return [self._tag(share, shares, chosen) for share in shares]

    def _tag(self, share: Share, shares: Sequence[Share], chosen: int | None) -> Tagged:
        said = share.line.item or chosen
        if said in self._known:
            return Tagged(share, said, is_chosen=True)
        found = self._settled(share) or self._by_kind(share, shares)
        return Tagged(share, found if found in self._known else None)

    def _settled(self, share: Share) -> int | None:
        """What the account itself or the company's rules say."""
        line = share.line
        return (line.item_in if share.direction == "in" else line.item_out) or self.own_item(line.account, share.direction)

    def _by_kind(self, share: Share, shares: Sequence[Share]) -> int | None:
        account, direction = share.line.account, share.direction
        if not self._follows(account):
            return self.item(account, direction)
        others = [s for s in shares if s.direction == direction and not self._follows(s.line.account)]
        if not others:
            return self.item(account, direction)
        leader = max(others, key=lambda s: abs(s.amount))
        found = leader.line.item or self._settled(leader) or self.item(leader.line.account, direction)
        # A small-scale taxpayer has no input tax: what it pays on this account beside a sale's refund is tax.
        if self.taxpayer is Taxpayer.SMALL_SCALE and direction == "out" and found != cash_rules(self.standard)["sales"]:
            return self.item(account, direction)
        return found

    def _follows(self, account: str) -> bool:
        follow, paid = self._following
        return account.startswith(follow) and not account.startswith(paid)
