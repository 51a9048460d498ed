"""`/healthz`, `/readyz` and `/metrics`: plain answers for load balancers and Prometheus."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pillarbox.observe.gauges import gauge_exposition
from pillarbox.observe.metrics import exposition, gauge_total
from pillarbox.observe.series import series_exposition

Send = Callable[[dict[str, Any]], Awaitable[None]]
Route = Callable[[Any, Any, Any], Awaitable[None]]
READY_SECONDS = 3.0
#: What `/healthz` says while mail is accepted and can't leave; the log says why.
_TROUBLES = {
    "port": "warning: no connection gets out, the port of mail seems to be blocked",
    "relay": "warning: the smart host can't be used",
    "relay_login": "warning: the smart host refuses the login",
}


def health_routes(metrics: Path, problem: Callable[[], Awaitable[str | None]]) -> dict[str, Route]:
    """Give the routes; `metrics`: the folder of all workers' numbers, `problem`: why not ready."""

    async def healthz(_scope: Any, _receive: Any, send: Any) -> None:
        await _answer(send, 200, "".join(f"{line}\n" for line in ("ok", *_troubles(metrics))))

    async def readyz(_scope: Any, _receive: Any, send: Any) -> None:
        found = await _problem_in_time(problem)
        await _answer(send, 503 if found else 200, f"{found}\n" if found else "ready\n")

    async def all_metrics(_scope: Any, _receive: Any, send: Any) -> None:
        text = exposition(metrics) + series_exposition(metrics) + gauge_exposition(metrics)
        await _answer(send, 200, text, "text/plain; version=0.0.4; charset=utf-8")

    return {"/healthz": healthz, "/readyz": readyz, "/metrics": all_metrics}


def _troubles(metrics: Path) -> list[str]:
    name = "pillarbox_way_out_troubles"
    return [text for kind, text in _TROUBLES.items() if gauge_total(metrics, name, kind)]


async def _problem_in_time(problem: Callable[[], Awaitable[str | None]]) -> str | None:
    try:
        return await asyncio.wait_for(problem(), READY_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever it is, this worker is not ready
        return f"not ready: {type(error).__name__}"


async def _answer(send: Send, status: int, text: str, kind: str = "text/plain") -> None:
    body = text.encode()
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
