"""What happens to products."""

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ProductsChanged(Event):
    """Products were created, one by a form or many from a file, or one was changed."""

    product_ids: tuple[UUID, ...]
    created: bool
