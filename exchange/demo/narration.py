"""What the story prints, in both languages, and whether everything it claimed held."""

from dataclasses import dataclass, field

from rich.console import Console


@dataclass(slots=True)
class Narration:
    """Prints acts and results; a check that does not hold is printed in red and remembered."""

    console: Console
    failures: list[str] = field(default_factory=list)
    acts: int = 0

    def act(self, zh: str, en: str) -> None:
        """Begin the next act."""
        self.acts += 1
        self.console.print(f"\n[bold]{self.acts:>2}  {zh}[/bold]  [dim]{en}[/dim]", highlight=False)

    def tell(self, text: str) -> None:
        """Print a result."""
        self.console.print(f"    {text}", highlight=False, markup=False)

    def check(self, holds: bool, text: str) -> None:
        """Print a claim and whether it held."""
        mark = "[green]✓[/green]" if holds else "[red]✗[/red]"
        self.console.print(f"  {mark} ", end="", highlight=False)
        self.console.print(text, highlight=False, markup=False)
        if not holds:
            self.failures.append(text)

    @property
    def held(self) -> bool:
        """Whether every claim held."""
        return not self.failures
