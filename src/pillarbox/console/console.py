"""The console as an ASGI application: its routes, its static files, its start."""

from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from pillarbox.base.settings import Settings
from pillarbox.console.charts import draw, key
from pillarbox.console.navigation import navigation
from pillarbox.console.page import Page
from pillarbox.console.pages import PAGES
from pillarbox.console.protection import host_name
from pillarbox.console.services import ConsoleServices
from pillarbox.console.serving import Serving
from pillarbox.console.templating import Templates
from pillarbox.console.visit import ROOT

STATIC = Path(__file__).with_name("static")
CSRF_USE = "console csrf"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def open_console(services: ConsoleServices, pages: Sequence[Page] = PAGES) -> ASGIApp:
    """Make the console."""
    url = services.settings.console.url
    serving = Serving(
        services=services,
        templates=Templates(navigation=navigation, draw=draw, key=key),
        hosts=own_hosts(services.settings),
        secure=url.startswith("https://"),
        csrf_key=services.sealer.derive(CSRF_USE),
    )

    async def missing(request: Request) -> Response:
        return await serving.refuse(request, 404, "There is no such page", "")

    routes = [
        Route(ROOT + page.path, serving.endpoint(page), methods=[page.method]) for page in pages
    ]
    return Router(
        [
            Route("/", _to_console),
            Route(ROOT + "/", _to_console),
            *(_static(file) for file in sorted(STATIC.iterdir())),
            *routes,
            Route("/{rest:path}", missing, methods=["GET", "POST"]),
        ],
        redirect_slashes=False,
    )


def own_hosts(settings: Settings) -> frozenset[str]:
    """Give the names that the console is reached by: what is set, and this machine's loopback."""
    named = [settings.console.url.partition("://")[2], *settings.console.hosts]
    listening = settings.listen.api.host
    own = [listening] if listening not in {"0.0.0.0", "::", ""} else []  # noqa: S104  # no name
    return frozenset(host_name(one) for one in (*named, *own, *_LOOPBACK) if one)


async def _to_console(_request: Request) -> Response:
    return RedirectResponse(ROOT, status_code=303)


def _static(file: Path) -> Route:
    async def serve(_request: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return FileResponse(file, headers=headers)

    return Route(f"{ROOT}/static/{file.name}", serve)
