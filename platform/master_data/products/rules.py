"""What makes a product acceptable."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.products.events import ProductsChanged
from master_data.search import search_text
from master_data.taxes import tax_codes
from vertical import RecordRules


class ProductRules(RecordRules):
    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        if values["tax_code"] not in tax_codes():
            known = _(", ").join(tax_codes())
            raise Invalid(_("There is no tax code %(code)s; use one of %(known)s.", code=values["tax_code"], known=known), field="tax_code")
        if values["list_price"] < 0:
            raise Invalid(_("A price cannot be negative."), field="list_price")
        if (values.get("cost_price") or 0) < 0:
            raise Invalid(_("A price cannot be negative."), field="cost_price")
        return values | {"search_text": search_text(values["name"], values["sku"], values.get("barcode"))}

    async def written(self, work: Work, ids: Sequence[UUID], *, created: bool) -> None:
        await work.publish(ProductsChanged(product_ids=tuple(ids), created=created))
