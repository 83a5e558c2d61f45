"""Master data in the command palette."""

from collections.abc import Sequence

from kernel.i18n import N_
from kernel.work import Work
from master_data.parties.service import find_parties
from master_data.products.service import find_products
from vertical import Searcher, SearchHit


async def search_parties(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Parties by name, credit code, phone or pinyin initials."""
    found = await find_parties(work, text, limit)
    return [SearchHit(title=p.name, path=f"/parties/{p.id}", hint=p.phone or "", icon="address-book") for p in found]


async def search_products(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Products on sale by SKU, name, barcode or pinyin initials."""
    found = await find_products(work, text, limit)
    return [SearchHit(title=p.name, path=f"/products/{p.id}", hint=p.sku, icon="package") for p in found]


SEARCHERS = (
    Searcher(key="master_data.party", label=N_("Customers and suppliers"), permission="master.party.read", search=search_parties),
    Searcher(key="master_data.product", label=N_("Products"), permission="master.product.read", search=search_products),
)
