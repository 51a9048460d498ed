"""Scanning: each message is shown to the scanner once, before anything is made of it.

`Scanning.inspect` is what the pipeline asks. A clean verdict is kept with the message, so that no
other recipient, attempt or worker asks again; what is found ends the message for all of its
recipients, with one Reject event. While the scanner does not answer, nothing is sent unchecked: the
recipients wait, without that being an attempt, until it does or the message runs out of time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from pillarbox.base.clock import now_ms
from pillarbox.base.settings import Settings
from pillarbox.events.rejecting import Scanned, record_scans
from pillarbox.model.inspection import PASSED, REJECTED, Inspection
from pillarbox.model.outcome import Deferred, OwnDelay, Reply
from pillarbox.model.queued import Message
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.clamd import Clean, Failed, Found, TooLarge, Verdict
from pillarbox.scan.clamd import Clamd
from pillarbox.store.store import Store

#: How long a recipient waits before the scanner is asked again.
AGAIN_MS = 15_000
#: After a failure nobody asks for so long: thousands may wait.
REST_MS = 2_000
DOWN = "4.3.0 The content scanner does not answer"
TOO_LARGE = "4.3.4 The content scanner does not take messages of this size"
_log = logging.getLogger(__name__)

Inspect = Callable[[Message, bytes], Awaitable[Inspection]]
Ask = Callable[[bytes], Awaitable[Verdict]]
#: Told of each verdict, and whether the scanner answers.
Report = Callable[[str], None]


class Scanning:
    """Inspects messages for one worker."""

    def __init__(
        self, ask: Ask, store: Store, report: Report, clock: Callable[[], int] = now_ms
    ) -> None:
        self._ask = ask
        self._store = store
        self._report = report
        self._clock = clock
        self._under_way: dict[bytes, asyncio.Task[Inspection]] = {}
        self._rests_until = 0
        self._down = False

    async def inspect(self, message: Message, content: bytes) -> Inspection:
        """Say what is to become of a message.

        Raises ServiceUnavailable when a verdict can't be kept: nothing is sent without that.
        """
        if message.scan is not None:
            return PASSED if Scanned.is_clean(message.scan) else REJECTED
        task = self._under_way.get(message.id)
        if task is None:
            task = asyncio.create_task(self._scan(message, content))
            self._under_way[message.id] = task
            task.add_done_callback(partial(self._forget, message.id))
        return await asyncio.shield(task)

    def _forget(self, message_id: bytes, task: "asyncio.Task[Inspection]") -> None:
        del self._under_way[message_id]
        if not task.cancelled():
            task.exception()  # whoever waits for it has it, if anybody still does

    async def _scan(self, message: Message, content: bytes) -> Inspection:
        if self._clock() < self._rests_until:
            return _waiting(DOWN)
        verdict = await self._ask(content)
        self._tell(verdict, message)
        if isinstance(verdict, Failed):
            self._rests_until = self._clock() + REST_MS
            return _waiting(DOWN)
        if isinstance(verdict, TooLarge):
            return _waiting(TOO_LARGE)
        found = verdict.name if isinstance(verdict, Found) else None
        scanned = Scanned(message=message, found=found, at=self._clock())
        await self._store.submit(record_scans, scanned)
        return PASSED if found is None else REJECTED

    def _tell(self, verdict: Verdict, message: Message) -> None:
        match verdict:
            case Clean():
                self._report("clean")
            case Found(name):
                self._report("found")
                _log.warning("message %s is rejected: %s", message.id.hex(), name)
            case TooLarge():
                self._report("too_large")
                _log.error(
                    "message %s of %d octets is over clamd's StreamMaxLength: it waits",
                    message.id.hex(),
                    message.size,
                )
            case Failed(why):
                self._report("failed")
                if not self._down:
                    _log.error("mail waits: the content scanner does not answer: %s", why)
        self._down = isinstance(verdict, Failed)


def open_inspection(settings: Settings, store: Store, metrics: WorkerMetrics) -> Inspect | None:
    """Give what inspects messages as the settings say; None where no scanner is set.

    Raises SettingsError for an address that is none.
    """
    scan = settings.scan
    if not scan.clamd:
        return None
    metrics.set("pillarbox_scanner_up", 1)

    def report(verdict: str) -> None:
        metrics.add("pillarbox_scans_total", verdict)
        metrics.set("pillarbox_scanner_up", int(verdict != "failed"))

    clamd = Clamd(scan.clamd, scan.timeout_seconds, scan.connections)
    return Scanning(clamd.scan, store, report).inspect


def _waiting(text: str) -> Inspection:
    delay = OwnDelay(at_most_ms=AGAIN_MS, counts=False)
    reply = Reply(451, text, text.partition(" ")[0])
    return Inspection(goes=False, wait=Deferred(reply, own_delay=delay))
