"""What the story prints, in both languages, and whether everything it claimed held."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_MARGIN = 4
_WIDEST = 110  # longer lines are hard to read, however wide the terminal


@dataclass(slots=True)
class Narration:
    """Prints acts and results; a check that does not hold is printed in red and remembered.

    Chinese comes first; English follows on the same line where both fit, otherwise below it. `progress` is the
    console for what goes on meanwhile; it shows nothing unless it is a terminal.
    """

    console: Console
    progress: Console
    failures: list[str] = field(default_factory=list)
    acts: int = 0

    def act(self, zh: str, en: str) -> None:
        """Begin the next act."""
        self.acts += 1
        self.console.print()
        self._print(Text(f"{self.acts:>2}  ", style="bold cyan"), Text(zh, style="bold"), en)

    def tell(self, zh: str, en: str = "") -> None:
        """Print a result."""
        self._print(Text(" " * _MARGIN), Text(zh), en)

    def check(self, holds: bool, zh: str, en: str = "") -> None:
        """Print a claim and whether it held."""
        mark = Text("  ✓ ", style="green") if holds else Text("  ✗ ", style="bold red")
        self._print(mark, Text(zh), en)
        if not holds:
            self.failures.append(zh)

    @contextmanager
    def working(self, what: str) -> Iterator[Callable[[str], None]]:
        """Show that something takes a while; the function given replaces the words shown. Print nothing inside."""
        if not self.progress.is_terminal:
            yield lambda _: None
            return
        with self.progress.status(what) as status:
            yield status.update

    @property
    def held(self) -> bool:
        """Whether every claim held."""
        return not self.failures

    def _print(self, mark: Text, zh: Text, en: str) -> None:
        """One entry with a hanging indent, so that wrapped lines stay below their beginning."""
        room = min(self.console.width, _WIDEST) - _MARGIN
        words = zh
        if en:
            apart = "  " if zh.cell_len + cell_len(en) + 2 <= room else "\n"
            words = Text.assemble(zh, apart, (en, "dim"))
        for number, line in enumerate(words.wrap(self.console, room)):
            line.rstrip()
            start = mark if number == 0 else Text(" " * _MARGIN)
            self.console.print(Text.assemble(start, line), highlight=False, soft_wrap=True)
