"""Why a voucher is not posted, each with the way out."""

from kernel.errors import Conflict, DomainError, Invalid, NotFound


class PostingRefused(DomainError):
    """Base of all refusals of the posting engine."""


class Unbalanced(PostingRefused, Invalid):
    code = "unbalanced"


class VoucherEmpty(PostingRefused, Invalid):
    code = "voucher_empty"


class LineLimit(PostingRefused, Invalid):
    code = "line_limit"


class SummaryMissing(PostingRefused, Invalid):
    code = "summary_missing"


class LineNeedsOneSide(PostingRefused, Invalid):
    code = "line_needs_one_side"


class TooManyDecimals(PostingRefused, Invalid):
    code = "too_many_decimals"


class AmountTooLarge(PostingRefused, Invalid):
    code = "amount_too_large"


class UnknownAccount(PostingRefused, Invalid):
    code = "unknown_account"


class UnknownWord(PostingRefused, Invalid):
    code = "unknown_word"


class WordNotInUse(PostingRefused, Invalid):
    code = "word_not_in_use"


class WordDoesNotFit(PostingRefused, Invalid):
    code = "word_does_not_fit"


class VoucherNeedsReview(PostingRefused):
    code = "voucher_needs_review"


class PosterIsMaker(PostingRefused):
    code = "poster_is_maker"


class VoucherNeedsSignature(PostingRefused):
    code = "voucher_needs_signature"


class CurrencyNotKept(PostingRefused, Invalid):
    code = "currency_not_kept"


class CurrencyMissing(PostingRefused, Invalid):
    code = "currency_missing"


class CashItemUnknown(PostingRefused, Invalid):
    code = "cash_item_unknown"


class AccountNotLeaf(PostingRefused, Invalid):
    code = "account_not_leaf"


class AccountDisabled(PostingRefused, Invalid):
    code = "account_disabled"


class DimensionMissing(PostingRefused, Invalid):
    code = "dimension_missing"


class DimensionNotKept(PostingRefused, Invalid):
    code = "dimension_not_kept"


class DimensionUnknown(PostingRefused, Invalid):
    code = "dimension_unknown"


class RateDoesNotFit(PostingRefused, Invalid):
    code = "rate_does_not_fit"


class PeriodClosed(PostingRefused):
    code = "period_closed"


class PeriodMissing(PostingRefused):
    code = "period_missing"


class IdempotencyMismatch(PostingRefused):
    code = "idempotency_mismatch"


class ReversalTooEarly(PostingRefused, Invalid):
    code = "reversal_too_early"


class AlreadyReversed(PostingRefused):
    code = "already_reversed"


class DocumentStands(PostingRefused):
    code = "document_stands"


class AlreadyPosted(PostingRefused):
    code = "already_posted"


class VoucherNotFound(PostingRefused, NotFound):
    code = "voucher_not_found"


class VoucherChanged(Conflict):
    code = "voucher_changed"


class ReversalFixed(PostingRefused):
    code = "reversal_fixed"


class VoucherReviewed(Conflict):
    code = "voucher_reviewed"
