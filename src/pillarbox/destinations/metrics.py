"""The driver of CloudWatch destinations: counts events as Prometheus series of this node."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from pillarbox.destinations.dimensions import series_of
from pillarbox.model.event_destination import CloudWatch
from pillarbox.model.publishing import NotYet, Outcome, Place, Published, Record
from pillarbox.observe.series import WorkerSeries

_log = logging.getLogger(__name__)


class MetricDriver:
    """Counts for one worker; `dropped` is told how many events were cut, and why."""

    def __init__(self, series: WorkerSeries, dropped: Callable[[str, int], None]) -> None:
        self._series = series
        self._dropped = dropped
        self._warned = False
        # One thread, so that no write of the worker's file meets another.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="series")

    async def publish(self, place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Count all records, or none."""
        assert isinstance(place.target, CloudWatch)  # noqa: S101 - the router's choice
        dimensions = place.target.dimensions
        found = [series_of(record, dimensions) for record in records]
        wanted = [one for one in found if one is not None]
        outcome: Outcome = Published()
        try:
            cut = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._series.add, wanted
            )
            self._tell(cut, len(found) - len(wanted))
        except OSError as error:
            outcome = NotYet(f"the series can't be written: {error.strerror or error}")
        return {one.event_id: outcome for one in records}

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _tell(self, cut: int, invalid: int) -> None:
        for reason, number in (("limit", cut), ("invalid", invalid)):
            if number:
                self._dropped(reason, number)
        if cut and not self._warned:
            self._warned = True
            _log.warning(
                "[events] metric_series is reached: further values of dimensions are counted "
                "together"
            )
