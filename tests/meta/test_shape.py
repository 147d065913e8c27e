"""Sizes, names and docstrings of the code.

A file or function over its limit is allowed only when its own docstring says why, in a line that starts with
`Long because `; what is long without a reason is split.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("exchange", "certs", "catalog", "adapters")
EVERYWHERE = (*PACKAGES, "tests", "bench")
FILE_LINES, FUNCTION_LINES, ROUTE_LINES = 400, 50, 12
REASON = "Long because "
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base_utils"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def excused(node: ast.Module | Function) -> bool:
    return any(line.strip().startswith(REASON) for line in (ast.get_docstring(node) or "").splitlines())


def lines_of(nodes: list[ast.stmt]) -> int:
    return (nodes[-1].end_lineno or 0) - nodes[0].lineno + 1 if nodes else 0


def body(node: Function) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node) else node.body


def length(node: Function) -> int:
    """Lines from `def` to the end without the docstring: explaining is not punished."""
    return lines_of([node]) - (lines_of(node.body[:1]) if ast.get_docstring(node) else 0)


def test_no_file_is_too_long() -> None:
    long = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*EVERYWHERE)}
    assert {name: n for name, n in long.items() if n > FILE_LINES and not excused(tree(ROOT / name))} == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{named(path)}:{node.lineno} {node.name}: {length(node)}"
        for path in sources(*EVERYWHERE)
        for node in functions(path)
        if length(node) > FUNCTION_LINES and not excused(node)
    ]
    assert long == []


def test_routes_and_views_only_translate() -> None:
    long = [
        f"{named(path)}:{node.lineno} {node.name}: {lines_of(body(node))}"
        for path in sources("exchange/http/routes", "exchange/console/views")
        for node in functions(path)
        if node.decorator_list and lines_of(body(node)) > ROUTE_LINES and not excused(node)
    ]
    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [named(path) for path in sources(*EVERYWHERE) if path.stem in VAGUE or path.parent.name in VAGUE] == []


def public(path: Path) -> Iterator[ast.AST]:
    """The module, its public classes and functions, and their public methods."""
    module = tree(path)
    yield module
    for node in module.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (m for m in node.body if isinstance(m, Function) and not m.name.startswith("_"))


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_public_says_what_it_means(package: str) -> None:
    silent = [
        f"{named(path)} {getattr(node, 'name', '')}"
        for path in sources(package)
        if path.parent.name != "versions"  # migrations are read in order, not called
        for node in public(path)
        if not ast.get_docstring(node)  # type: ignore[arg-type]  # public() yields only what can have one
    ]
    assert silent == []


def test_the_four_packages_have_no_import_inside_a_function_without_a_reason() -> None:
    hidden = [
        f"{named(path)}:{inner.lineno}"
        for path in sources(*PACKAGES)
        for node in functions(path)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
        and "noqa: PLC0415  #" not in path.read_text(encoding="utf-8").splitlines()[inner.lineno - 1]
    ]
    assert hidden == []
