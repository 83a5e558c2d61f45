"""The mark of a company in lists and in the shell: the character by which people tell it from others.

Chinese companies are named after their place first: 浙江青禾教育科技有限公司 and 浙江云帆制造有限公司 would both be 浙.
"""

from functools import lru_cache
from importlib.resources import files

# Provinces and cities that companies are named after, without 省 and 市.
_PLACES = frozenset((files("webapp") / "places.txt").read_text(encoding="utf-8").split())
_LONGEST = max(map(len, _PLACES))


@lru_cache(1024)
def company_mark(name: str) -> str:
    """The first character that is not of a place: 青 for 浙江青禾教育科技有限公司, H for harbour tools."""
    rest = _without_place(name.strip())
    return (rest or name.strip() or "·")[0].upper()


def _without_place(name: str) -> str:
    for length in range(min(_LONGEST, len(name)), 1, -1):
        if name[:length] in _PLACES:
            rest = name[length:].removeprefix("省").removeprefix("市").lstrip("（( ）)")
            return _without_place(rest) or name
    return name
