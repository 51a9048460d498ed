"""What the demo says: numbered steps, facts below them, colours on a terminal only."""

from rich.console import Console
from rich.text import Text


class Narrator:
    """Tells the story on standard output."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._number = 0

    def step(self, title: str) -> None:
        """Begin the next step."""
        self._number += 1
        self._print(Text(f"\n{self._number}. {title}", style="bold cyan"))

    def note(self, text: str) -> None:
        """Say what is being done, or what was found."""
        self._print(Text(f"   {text}"))

    def good(self, text: str) -> None:
        """Say what was checked and holds."""
        self._print(Text.assemble("   ", ("ok", "green"), f"  {text}"))

    def bad(self, text: str) -> None:
        """Say what failed, and why."""
        self._print(Text.assemble("   ", ("FAILED", "bold red"), f"  {text}"))

    def _print(self, text: Text) -> None:
        self._console.print(text)
