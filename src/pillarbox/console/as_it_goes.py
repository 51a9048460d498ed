"""A page that is written while its work goes on: one request, whose answer says how far it is.

For work on what one request brought, which steps (`steps.py`) would have to keep somewhere. It
needs no scripts: the stylesheet hides what was said before. What is done stays done when the
browser stops loading or the work fails; so each portion of it is a transaction, noted in itself.
"""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from markupsafe import Markup, escape
from starlette.responses import Response, StreamingResponse

from pillarbox.console.visit import Visit

#: Where the template leaves room for what is said; nothing that people type is unescaped like it.
ROOM = Markup("<!-- as it goes -->")
#: So many more are done before it is said again: a screen reader reads all of it.
EACH = 25_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the page says: how far it is, what came of it, what to do when it fails on its way.

    `back`: the address that it leads to.
    """

    title: str
    so_far: Callable[[int], str]
    result: str
    stopped: str
    back: str


def as_it_goes(visit: Visit, work: AsyncIterator[int], words: Words) -> Response:
    """Do the work, which gives how many are done after each portion, and tell of it."""
    values = {"visit": visit, "words": words, "room": ROOM}
    head, _, tail = visit.templates.render("as_it_goes.html", values).partition(ROOM)

    async def parts() -> AsyncIterator[str]:
        yield head + _paragraph(words.so_far(0))
        done = said = 0
        try:
            async for done in work:
                if done >= said + EACH:
                    said = done
                    yield _paragraph(words.so_far(done))
        except Exception:  # noqa: BLE001  # the answer has begun: it must end with what happened
            _log.exception("the work of %s failed", visit.request.url.path)
            yield _paragraph(f"{words.so_far(done)} {words.stopped}", "problem")
        else:
            yield _paragraph(words.result)
        yield tail

    # Without this a proxy may keep it until its end.
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(parts(), media_type="text/html", headers=headers)


def _paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>\n'
