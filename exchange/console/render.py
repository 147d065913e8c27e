"""Templates: autoescaped, strict about unknown names, and always in one language."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from exchange.console.naming import Naming, type_in
from exchange.console.text import day, grouped, iso_day, marked, masked, moment, number, stated, told
from exchange.console.words import Lang, Words
from exchange.model import Principal, Role
from exchange.model_views import Labels


class Named(Protocol):
    """Anything with a name in both languages."""

    @property
    def name_zh(self) -> str:
        """The Chinese name."""

    @property
    def name_en(self) -> str:
        """The English name."""


@dataclass(frozen=True, slots=True)
class Chrome:
    """What every page needs besides its own view model.

    `path` is where a language switch returns to; `section` marks the current entry of the menu; `note` is the key
    of a one-line confirmation; `refresh` reloads the page every so many seconds where scripts do not run.
    """

    lang: Lang
    path: str
    section: str
    principal: Principal | None
    token: str
    care: bool
    note: str | None
    refresh: int | None
    static: str

    @property
    def menu(self) -> tuple[tuple[str, str], ...]:
        """Address and word of each entry of the menu; none on a page without a form token (an error page)."""
        if not self.token:
            return ()
        return MENUS[self.principal.role if self.principal else None]


MENUS: Final[Mapping[Role | None, tuple[tuple[str, str], ...]]] = {
    None: (("/", "start"), ("/verify", "verify"), ("/status", "status"), ("/about", "about")),
    Role.APPLICANT: (
        ("/me", "certificates"),
        ("/me/show", "show"),
        ("/me/copies", "copies"),
        ("/me/uses", "uses"),
        ("/me/materials", "materials"),
    ),
    Role.CLERK: (
        ("/desk", "desk"),
        ("/desk/materials", "check"),
        ("/desk/queries", "queries"),
        ("/verify", "verify"),
    ),
    Role.AUDITOR: (
        ("/audit", "audit"),
        ("/audit/verifications", "verifications"),
        ("/seals", "seals"),
        ("/verify", "verify"),
    ),
    Role.OPERATOR: (
        ("/ops", "sources"),
        ("/seals", "seals"),
        ("/ops/sealing", "sealing"),
        ("/ops/keys", "keys"),
        ("/ops/log", "log"),
    ),
    Role.CUSTODIAN: (("/seals", "seals"), ("/verify", "verify")),
}


def templates() -> Environment:
    """The environment all pages are rendered in."""
    environment = Environment(
        loader=PackageLoader("exchange.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "masked": masked,
        "moment": moment,
        "grouped": grouped,
        "number": number,
        "stated": _stated,
        "told": _told,
        "day": day,
        "iso_day": iso_day,
        "name": _name,
        "label": _label,
        "what": _what,
        "face_field": _face_field,
        "type_in": type_in,
        "text": _text,
    }
    return environment


def static_version() -> str:
    """A digest of the static files; it stands in their addresses, so that a new release is fetched at once."""
    digest = hashlib.sha256()
    for item in sorted((files("exchange.console") / "static").iterdir(), key=lambda entry: entry.name):
        digest.update(item.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything that is said on a page: the page's own words, the catalogue's names, the certificates' names."""

    words: Words
    labels: Labels
    naming: Naming


def render(environment: Environment, template: str, view: object, chrome: Chrome, texts: Texts) -> str:
    """The page as text."""
    context: Mapping[str, Any] = {
        "view": view,
        "page": chrome,
        "t": texts.words.t,
        "t_of": texts.words.of,
        "labels": texts.labels,
        "naming": texts.naming,
    }
    return environment.get_template(template).render(context)


@pass_context
def _name(context: Context, thing: Named) -> Markup:
    lang = context["page"].lang
    return marked(thing.name_zh if lang == "zh" else thing.name_en, lang)


@pass_context
def _label(context: Context, code: str) -> Markup:
    lang, labels = context["page"].lang, context["labels"]
    return marked(labels.zh(code) if lang == "zh" else labels.en(code), lang)


@pass_context
def _what(context: Context, codes: str) -> Markup:
    """What was used: a resource, or certificates by identifier, named by what they are."""
    between = escape("、" if context["page"].lang == "zh" else ", ")
    return between.join(_label(context, type_in(code)) for code in codes.split(", "))


@pass_context
def _face_field(context: Context, code: str, kind: str) -> Markup:
    """The name of a field as printed on certificates of this type."""
    lang, labels = context["page"].lang, context["naming"].of_face(kind, context["labels"])
    return marked(labels.zh(code) if lang == "zh" else labels.en(code), lang)


@pass_context
def _stated(context: Context, value: object, name: str) -> Markup:
    """What a document states under this name."""
    shown = stated(name, value, context["t"]("word.open-ended"))
    return shown if isinstance(shown, Markup) else told(shown, context["page"].lang)


@pass_context
def _told(context: Context, sentence: object) -> Markup:
    return told(sentence, context["page"].lang)


@pass_context
def _text(context: Context, value: object) -> Markup:
    return marked(value, context["page"].lang)
