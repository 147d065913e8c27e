"""Rare characters (生僻字): private-use code points of the older tables, mapped to the current ones.

GB 18030-2022 moved the last characters of GB 18030-2000/2005 out of Unicode's private use area; GBK systems used
eighty more code points there. Python's codec follows the table of 2000, so the mapping is done on the text.
Source: GB 18030-2022 Annex D, Unicode L2/06-394, GBK 1.0 (positions A8BC, A8BF, A989-A995, FE50-FEA0).
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

CHANGED_2005: Mapping[str, str] = MappingProxyType({"\ue7c7": "\u1e3f"})
"""Position A8BC, changed in 2005."""

CHANGED_2022: Mapping[str, str] = MappingProxyType(
    dict(
        zip(
            "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796"
            "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864",
            "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19"
            "\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb",
            strict=True,
        )
    )
)
"""Changed in 2022: A6D9-A6DF, A6EC, A6ED, A6F3, FE59, FE61, FE66, FE67, FE6D, FE7E, FE90, FEA0."""

PLANE_2: Mapping[str, str] = MappingProxyType(
    dict(
        zip(
            "\ue816\ue817\ue818\ue831\ue83b\ue855",
            "\U00020087\U00020089\U000200cc\U000215d7\U0002298f\U000241fe",
            strict=True,
        )
    )
)
"""FE51, FE52, FE53, FE6C, FE76, FE91: characters of extension B, required by their own code points since 2022."""


def _gbk_points() -> Iterator[tuple[str, str]]:
    """GBK positions that had private-use code points before GB 18030-2000 gave them real ones (䶮 is FE9F)."""
    row_fe = [trail for trail in range(0x50, 0xA1) if trail != 0x7F]
    spots = [(0xE815 + n, bytes((0xFE, trail))) for n, trail in enumerate(row_fe)]
    spots += [(0xE7E7 + n, bytes((0xA9, 0x89 + n))) for n in range(13)]
    spots.append((0xE7C8, b"\xa8\xbf"))
    for private, position in spots:
        current = position.decode("gb18030")
        if not "\ue000" <= current <= "\uf8ff":
            yield chr(private), current


TO_CURRENT: Mapping[str, str] = MappingProxyType({**dict(_gbk_points()), **CHANGED_2005, **CHANGED_2022, **PLANE_2})
"""Old private-use character to its current character; one to one."""

_FORWARD = str.maketrans(dict(TO_CURRENT))
_BACKWARD = str.maketrans({current: old for old, current in TO_CURRENT.items()})


def to_current(text: str) -> str:
    """The text with every old private-use character replaced by its current one."""
    return text.translate(_FORWARD)


def forms(text: str) -> tuple[str, ...]:
    """The forms a text may be stored under elsewhere: current first, then the old one if it differs."""
    current = to_current(text)
    old = current.translate(_BACKWARD)
    return (current,) if old == current else (current, old)


def same(left: str, right: str) -> bool:
    """Whether two texts are equal when both are brought to the current table."""
    return to_current(left) == to_current(right)
