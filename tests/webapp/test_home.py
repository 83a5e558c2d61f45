"""The home page's tiles stand in rows without holes."""

import pytest
from markupsafe import Markup

from webapp.home.service import Tile, arrange


@pytest.mark.parametrize("wide", range(5))
@pytest.mark.parametrize("small", range(7))
def test_every_row_is_full_and_nothing_is_lost(wide: int, small: int) -> None:
    tiles = [Tile(f"w{n}", "", Markup(""), wide=True) for n in range(wide)] + [Tile(f"s{n}", "", Markup("")) for n in range(small)]
    placed = arrange(tiles)
    assert sorted(tile.key for tile in placed) == sorted(tile.key for tile in tiles)
    used = 0
    for tile in placed:
        used += tile.span
        assert used <= 12
        used %= 12
    assert used == 0
