"""The access log of the API, and the counters beside it: whatever succeeds is written at debug."""

import logging
from dataclasses import asdict

from pillarbox.observe.log import log_values
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.wire.http.access_log import AccessRecord

_access = logging.getLogger("pillarbox.access")
#: The status of a call whose client has gone.
ABORTED = 499


class AccessWriter:
    """Writes and counts the calls of one worker."""

    def __init__(self, metrics: WorkerMetrics) -> None:
        self._metrics = metrics

    def write(self, record: AccessRecord) -> None:
        """Count a call, and write it where somebody wants to read it."""
        kind = f"{record.status // 100}xx" if record.status != ABORTED else "aborted"
        self._metrics.add("pillarbox_api_requests_total", kind)
        self._metrics.add("pillarbox_api_request_seconds_total", amount=record.milliseconds / 1000)
        level = logging.DEBUG if record.status < 300 else logging.INFO
        if _access.isEnabledFor(level):
            log_values(_access, level, "request", **asdict(record))
