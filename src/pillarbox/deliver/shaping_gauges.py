"""Shows in /metrics how much of their limits groups of hosts get now.

Takes what all workers know of the groups; each worker of a node writes the same file, since any may
be the last that lives.
"""

import logging
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from pillarbox.deliver.adaptive import CEILING, GroupState
from pillarbox.observe.gauges import Gauge, write_gauges
from pillarbox.observe.metrics import SHAPED_GROUPS

NAME, OTHER = "pillarbox_shaping_factor", "other"
#: Seconds after which it is written again though nothing changed, or it would count as stale.
AGAIN_S = 60.0
_log = logging.getLogger(__name__)


class FactorGauges:
    """What one worker shows; `listed`: the names of the groups of the table."""

    def __init__(self, folder: Path, listed: Collection[str]) -> None:
        self._folder = folder
        self._listed = listed
        self._shown: list[Gauge] = []
        self._at = 0.0

    def show(self, states: Sequence[GroupState]) -> None:
        """Show these from now on, where they differ from what is shown."""
        gauges, now = factor_gauges(states, self._listed), time.monotonic()
        if gauges == self._shown and now - self._at < AGAIN_S:
            return
        try:
            write_gauges(self._folder, gauges, "shaping")
        except OSError as error:
            _log.warning("can't write the metrics of shaping: %s", error)
            return
        self._shown, self._at = gauges, now


def factor_gauges(states: Sequence[GroupState], listed: Collection[str]) -> list[Gauge]:
    """Give a gauge for each large group, and one for the least that any other group gets."""
    factors = dict.fromkeys((*SHAPED_GROUPS, OTHER), CEILING)
    for state in states:
        name = state.name if state.name in SHAPED_GROUPS and state.name in listed else OTHER
        factors[name] = min(factors[name], state.factor)
    return [Gauge(NAME, (("group", name),), factor) for name, factor in factors.items()]
