"""The tracking role of one worker: listener, journal, keys, and once there is a store, the drain.

It starts before the store is opened and needs none: keys come from the node's cache, and what is
opened and clicked meanwhile waits in the journal.
"""

import asyncio
import logging
import socket
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Settings
from pillarbox.model.page import Page
from pillarbox.model.tracking import TokenKey
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.store.store import Store
from pillarbox.store.tracking.keys import list_tracking_keys
from pillarbox.track.client_ip import TrustedProxies
from pillarbox.track.drain import Drain
from pillarbox.track.journal import Journal
from pillarbox.track.keys import TrackingKeys
from pillarbox.track.listener import Listener
from pillarbox.track.places import Places
from pillarbox.track.recording import ReadTags
from pillarbox.track.segments import left_segments
from pillarbox.track.site import Site

#: How often the keys are read again: well within the time before a new one signs.
KEYS_SECONDS = 15.0
_log = logging.getLogger(__name__)


def key_cache(data: Path) -> Path:
    """Give the file in which a node caches the tracking keys, sealed."""
    return data / "track" / "keys.json"


class Tracking:
    """The tracking role of the worker in `slot` of a node with so many `workers`."""

    def __init__(
        self, settings: Settings, sealer: Sealer, slot: int, workers: int, metrics: WorkerMetrics
    ) -> None:
        self._metrics = metrics
        self._keys = TrackingKeys(sealer, key_cache(settings.data))
        journals = settings.data / "track" / "journal"
        self._journal = Journal(journals / str(slot), self._count_lost)
        self._left = _orphaned(journals, workers) if slot == 0 else []
        self._site = Site(
            self._keys.find, self._journal.append, TrustedProxies(settings.track.trusted_proxies)
        )
        self._listener = Listener(
            self._site, self._count_answer, proxy_protocol=settings.track.proxy_protocol
        )
        self._geoip_file = settings.track.geoip_file
        self._tasks: list[asyncio.Task[None]] = []

    def current_key(self) -> TokenKey:
        """Give the key that tracking URLs are signed with now."""
        return self._keys.current(now_ms())

    def find_key(self, number: int) -> bytes | None:
        """Give the secret of a tracking key's id, None for one that is not known."""
        return self._keys.find(number)

    def add_pages(self, pages: Mapping[str, Page]) -> None:
        """Serve the paths below each prefix (`/verify/`) from now on."""
        self._site.add_pages(pages)

    async def listen(self, listener: socket.socket) -> None:
        """Redirect from now on, with the keys of the node's cache."""
        self._keys.read_cache()
        self._left += self._journal.start()
        await self._listener.start(listener)

    async def attach(self, store: Store, read_tags: ReadTags) -> None:
        """Take the keys from the store and drain the journal into it.

        `read_tags`: gives the tags of a message's links, by their index.
        """
        self._keys.update(await store.read(list_tracking_keys))
        self._places = Places(self._geoip_file)
        drain = Drain(
            store,
            self._journal,
            self._left,
            self._places.find,
            read_tags,
            self._count_drained,
        )
        self._run(drain.run(), "tracking drain")
        self._run(self._keep_keys(store), "tracking keys")

    async def detach(self) -> None:
        """Leave the store alone from now on: what is not drained yet is after a restart."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self, grace_seconds: float) -> None:
        """Take no more requests, write what was received."""
        await self._listener.close(grace_seconds)
        await self._journal.close()

    async def _keep_keys(self, store: Store) -> None:
        while True:
            await asyncio.sleep(KEYS_SECONDS)
            try:
                self._keys.update(await store.read(list_tracking_keys))
            except ServiceUnavailable:
                _log.debug("the tracking keys stay as they are: the store does not answer")

    def _count_answer(self, kind: str) -> None:
        self._metrics.add("pillarbox_track_answers_total", kind)

    def _count_lost(self, count: int) -> None:
        _log.error("%d opens and clicks are lost: the journal's disk takes nothing", count)
        self._metrics.add("pillarbox_track_lost_total", amount=count)

    def _count_drained(self, name: str, label: str, count: int) -> None:
        self._metrics.add(name, label, count)

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_tell)
        self._tasks.append(task)


def _orphaned(journals: Path, workers: int) -> list[Path]:
    """Give what lies in the journals of slots that this node no longer has."""
    kept = {str(slot) for slot in range(workers)}
    folders = [folder for folder in sorted(journals.glob("*")) if folder.name not in kept]
    return [file for folder in folders for file in left_segments(folder)]


def _tell(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("%s has stopped", task.get_name(), exc_info=error)
