"""Telling the story: numbered steps, what happened in each, colours on a terminal only."""

from rich.console import Console


class StepFailed(Exception):
    """A step did not come out as it should: the text says how."""


class Narrator:
    """Prints to standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._number = 0

    def step(self, title: str) -> None:
        """Begin a step."""
        self._number += 1
        self._console.print(f"\n[bold]{self._number}. {title}[/bold]")

    def say(self, text: str) -> None:
        """Tell what happens."""
        self._console.print(f"   {text}", markup=False)

    def done(self, text: str) -> None:
        """Tell what has been shown to be so."""
        self._console.print("   [green]ok[/green] ", end="")
        self._console.print(text, markup=False)

    def failed(self, text: str) -> None:
        """Tell what went wrong."""
        self._console.print(f"\n[red]step {self._number} failed:[/red] ", end="")
        self._console.print(text, markup=False)

    def end(self, text: str) -> None:
        """Tell the end."""
        self._console.print(f"\n[bold green]{text}[/bold green]")


def expect(condition: object, otherwise: str) -> None:
    """Go on when something is so.

    Raises StepFailed with the text that says what is not.
    """
    if not condition:
        raise StepFailed(otherwise)
