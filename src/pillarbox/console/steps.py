"""Work on many rows in steps: each request does some, says how many are done, and leads on.

It goes on by itself where scripts run, else with a button. The page is an answer to a form only: no
address begins or continues such work.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.visit import Visit

#: Portions that one request changes.
MOST_PORTIONS = 10
_DONE = "done"
_MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Step:
    """What a request has done. `changed`: rows now; `done`: with those of the steps before."""

    changed: int
    done: int
    more: bool


async def take_step(visit: Visit, function: Callable[[Connection], int], portion: int) -> Step:
    """Change a portion after the other, so that nobody waits long for the writer's turn.

    `function`: changes at most some rows and gives how many; fewer than `portion`: all are done.
    """
    changed, more = 0, True
    for _ in range(MOST_PORTIONS):
        now = await visit.services.store.write(function)
        changed += now
        more = now >= portion
        if not more:
            break
    return Step(changed, _before(visit) + changed, more)


def go_on(visit: Visit, step: Step, *, title: str, text: str, back: str, **fields: str) -> Response:
    """Show how far the work is, with a form that goes on; `fields`: what it needs beside that."""
    return visit.page(
        "goes_on.html", title=title, text=text, back=back, fields={**fields, _DONE: step.done}
    )


def _before(visit: Visit) -> int:
    """Give how many the steps before have done, as their page says; it is shown, nothing more."""
    text = visit.form.text(_DONE)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
