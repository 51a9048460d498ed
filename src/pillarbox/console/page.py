"""A page of the console as its module declares it: a route, who may use it, what answers.

`{account}` in a path is checked before the handler runs: the account exists, and the user sees it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from pillarbox.console.form import MAX_BODY
from pillarbox.console.visit import Visit
from pillarbox.model.user import Role

Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a request may be. `octets`: of its form; `seconds`: until its answer begins."""

    octets: int = MAX_BODY
    seconds: float = 30.0


USUAL = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One route below `/console`.

    `role`: the least role that may; None: a page for people who are not signed in. `again`: for a
    form's POST, what shows the form again with what was typed and what is wrong with it.
    `everywhere`: only for users who see all accounts. `bounds`: of its requests.
    """

    method: str
    path: str
    role: Role | None
    handler: Handler
    again: Handler | None = None
    everywhere: bool = False
    bounds: Bounds = USUAL


def show(path: str, role: Role | None, handler: Handler, *, everywhere: bool = False) -> Page:
    """Declare a page to look at."""
    return Page(method="GET", path=path, role=role, handler=handler, everywhere=everywhere)


def act(
    path: str,
    role: Role | None,
    handler: Handler,
    again: Handler | None = None,
    *,
    everywhere: bool = False,
    bounds: Bounds = USUAL,
) -> Page:
    """Declare what a form does."""
    return Page(
        method="POST",
        path=path,
        role=role,
        handler=handler,
        again=again,
        everywhere=everywhere,
        bounds=bounds,
    )
