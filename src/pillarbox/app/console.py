"""The console, wired; None where the settings switch it off."""

from typing import Any

from pillarbox.app.policies import quotas_of
from pillarbox.base.clock import now_ms
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Settings
from pillarbox.console.console import open_console
from pillarbox.console.services import ConsoleServices
from pillarbox.identity.names import ServiceNames
from pillarbox.wire.http.asgi import AsgiApp


def new_console(settings: Settings, sealer: Sealer, **parts: Any) -> AsgiApp | None:
    """Make the console's application; `parts`: what else `ConsoleServices` needs."""
    if not settings.console.enabled:
        return None
    return open_console(
        ConsoleServices(
            settings=settings,
            sealer=sealer,
            names=ServiceNames(settings.service.domain),
            now=now_ms,
            quotas=quotas_of(settings),
            **parts,
        )
    )
