"""One broken rule at one place, as a value: lint and loader collect these and report them together."""

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong and where.

    `rule` is a stable kebab-case name, `path` the place in the entry or file, `line` the 1-based line of the file
    when there is one.
    """

    rule: str
    path: Path
    message: str
    line: int | None = None

    def __str__(self) -> str:
        place = render(self.path)
        where = f"{self.line}: {place}" if self.line is not None else place
        return f"{where}: {self.message} [{self.rule}]"


def render(path: Path) -> str:
    """Write a path as `resource[0].items[2].type`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")
