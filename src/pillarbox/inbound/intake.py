"""The intake: a mail to one of our addresses -> what it says -> whom it is proven to be about.

Takes envelope and octets; hands on what became of them, once the store has it. A return path in the
envelope names the recipient; mail for the feedback address must hold one of ours itself. Whatever
proves nothing is counted, and nobody is ever answered by mail.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial

from sqlalchemy import Connection

from pillarbox.base.ids import ses_message_id
from pillarbox.inbound.addresses import InboundAddresses, Tag
from pillarbox.inbound.recording import Proven, Result, record
from pillarbox.model.report import Report, ReportKind
from pillarbox.observe.log import log_values
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.report import read_report
from pillarbox.store.store import Store

METRIC = "pillarbox_inbound_mails_total"
#: Kinds that change something; the others are counted as what they are.
_EFFECTIVE = frozenset({ReportKind.BOUNCE, ReportKind.COMPLAINT})
_log = logging.getLogger("pillarbox")


class Intake:
    """Takes the mail of one worker's sessions."""

    def __init__(
        self,
        store: Store,
        addresses: InboundAddresses,
        *,
        region: str,
        clock: Callable[[], int],
        threads: Executor,
        metrics: WorkerMetrics,
    ) -> None:
        self._store = store
        self._addresses = addresses
        self._region = region
        self._clock = clock
        self._threads = threads
        self._metrics = metrics

    def takes(self, address: str) -> bool:
        """Tell whether mail to this address is taken."""
        return self._addresses.takes(address)

    async def take(self, recipients: Sequence[str], content: bytes) -> list[Result]:
        """Handle one mail. Raises ServiceUnavailable when the store can't be reached."""
        loop = asyncio.get_running_loop()
        report = await loop.run_in_executor(self._threads, read_report, content)
        tags = self._proven_tags(recipients, report)
        results = [await self._handle(report, tag) for tag in tags] or [_without_proof(report)]
        for result in results:
            self._metrics.add(METRIC, result)
        return results

    def _proven_tags(self, recipients: Sequence[str], report: Report) -> tuple[Tag, ...]:
        """Give whom a mail is about: of several return paths in it, the first is the outermost."""
        named = self._addresses.tags(recipients)
        return named or self._addresses.tags(report.traces.return_paths)[:1]

    async def _handle(self, report: Report, tag: Tag) -> Result:
        result = Result(report.kind)
        if report.kind in _EFFECTIVE:
            proven = Proven(tag=tag, report=report, now=self._clock(), region=self._region)
            result = await self._store.write(partial(_record, proven))
        message_id = ses_message_id(tag.message_id, self._region)
        log_values(_log, logging.INFO, "mail came back", result=result, message_id=message_id)
        return result


def _record(proven: Proven, conn: Connection) -> Result:
    return record(conn, proven)


def _without_proof(report: Report) -> Result:
    return Result.UNPROVEN if report.kind in _EFFECTIVE else Result(report.kind)
