"""The words of the pages: two catalogue files with the same keys, Chinese (the source) and English."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal

Lang = Literal["zh", "en"]
LANGS: Final[tuple[Lang, ...]] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """One language: dotted key to text; `{name}` in a text is filled from keywords."""

    lang: Lang
    texts: Mapping[str, str]

    def t(self, key: str, **values: object) -> str:
        """The text of `key`. Raises KeyError when there is none: a page never shows a key."""
        return self.texts[key].format(**values) if values else self.texts[key]

    def of(self, family: str, code: str) -> str:
        """The text for one code of an open family (reasons, states of others); an unknown code stands for itself."""
        return self.texts.get(f"{family}.{code}", code)

    def has(self, key: str) -> bool:
        """Whether there is a text for `key`."""
        return key in self.texts


def load_words() -> Mapping[Lang, Words]:
    """Read both catalogues that ship with the package."""
    folder = files("exchange.console") / "i18n"
    return MappingProxyType(
        {lang: Words(lang, _flat(tomllib.loads((folder / f"{lang}.toml").read_text("utf-8")))) for lang in LANGS}
    )


def prefer(header: str) -> Lang:
    """The first of our languages an Accept-Language header names; Chinese when it names none."""
    for part in header.split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("en"):
            return "en"
        if tag.startswith("zh"):
            return "zh"
    return "zh"


def _flat(tree: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = str(value)
    return flat
