"""The preview of a certificate: SVG from the same operations, with its fonts inside and its text selectable."""

from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from certs.layout.fonts import FontStack
from certs.layout.operations import OPAQUE, Box, Code, Ground, Image, Page, Path, TextRun
from certs.layout.qr import dark_stretches
from certs.layout.subset import Subset, subset_name, subsets_of


def preview_svg(page: Page, fonts: FontStack) -> bytes:
    """Draw a page as a self-contained SVG file: no scripts, no links, nothing to load."""
    subsets = subsets_of(page, fonts)
    width, height = _number(page.width), _number(page.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" lang="zh-CN">\n<title>{escape(page.title)}</title>\n'
        f"<style>{_faces(subsets)}text{{white-space:pre;font-variant-ligatures:none;font-kerning:none}}</style>\n"
    )
    marks = "\n".join(_mark(mark) for mark in page.marks)
    return f"{head}{_ground(page.ground)}\n{marks}\n</svg>\n".encode()


def _faces(subsets: Mapping[str, Subset]) -> str:
    return "".join(
        f"@font-face{{font-family:{name};src:url(data:font/ttf;base64,{_encoded(small)})}}"
        for name, small in subsets.items()
    )


@lru_cache(maxsize=64)
def _encoded(small: Subset) -> str:
    return b64encode(small.data).decode()


@lru_cache(maxsize=64)
def _ground(ground: Ground) -> str:
    return "\n".join(map(_path, ground.paths))


def _mark(mark: TextRun | Image | Code) -> str:
    match mark:
        case TextRun():
            return _text(mark)
        case Image():
            source = f"data:image/jpeg;base64,{b64encode(mark.data).decode()}"
            return f'<image {_place(mark.box)} preserveAspectRatio="none" href="{source}"/>'
        case Code():
            return _code(mark)


def _text(run: TextRun) -> str:
    """Every character at its own place: the viewer's own spacing has no say."""
    places, x = [], run.x
    for advance in run.advances:
        places.append(_number(x))
        x += advance
    return (
        f'<text x="{" ".join(places)}" y="{_number(run.y)}" font-family={quoteattr(subset_name(run))} '
        f'font-size="{_number(run.size)}" fill="{run.colour.hex}"{_turned(run)}>{escape(run.text)}</text>'
    )


def _turned(run: TextRun) -> str:
    turn = f' transform="rotate({run.rotation:g} {_number(run.x)} {_number(run.y)})"' if run.rotation else ""
    return turn + (f' fill-opacity="{run.alpha / OPAQUE:.3f}"' if run.alpha < OPAQUE else "")


def _path(path: Path) -> str:
    steps = " ".join(f"{step}{' '.join(map(_number, values))}" for step, values in path.steps)
    fill = path.fill.hex if path.fill else "none"
    stroke = f' stroke="{path.stroke.hex}" stroke-width="{_number(path.width)}"' if path.stroke else ""
    return f'<path d="{steps}" fill="{fill}"{stroke}/>'


def _code(code: Code) -> str:
    """Dark modules in module units, scaled into the box."""
    rows = "".join(
        f"M{first} {row}h{length}v1h-{length}z"
        for row, modules in enumerate(code.modules)
        for first, length in dark_stretches(modules)
    )
    count = len(code.modules)
    scale = f"{code.box.width / count:.6f}"
    moved = f"translate({_number(code.box.x)} {_number(code.box.y)}) scale({scale})"
    return f'<path transform="{moved}" d="{rows}" fill="#000000"/>'


def _place(box: Box) -> str:
    return f'x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" height="{_number(box.height)}"'


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") or "0"
