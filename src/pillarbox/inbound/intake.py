"""The intake: a mail to one of our addresses -> what it says -> whom it is proven to be about.

Takes envelope and octets; hands on what became of them, once the store has it. A return path in the
envelope names the recipient; mail for the feedback address must hold a return path or a link of
ours itself. A bounce or complaint that proves nothing is kept and counted; an automatic reply is
passed on to the sender; and nobody else is ever answered by mail.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from pillarbox.base.ids import ses_message_id
from pillarbox.inbound.addresses import InboundAddresses, Tag
from pillarbox.inbound.keeping import KeptReports, kept_report
from pillarbox.inbound.proof import FindKey, prove
from pillarbox.inbound.recording import Proven, Result, note_reply, record
from pillarbox.model.report import Report, ReportKind
from pillarbox.model.simulator import Simulator
from pillarbox.observe.log import log_values
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.report.reading import read_report
from pillarbox.store.store import Store

METRIC = "pillarbox_inbound_mails_total"
#: Kinds that change something; the others are counted as what they are.
_EFFECTIVE = frozenset({ReportKind.BOUNCE, ReportKind.COMPLAINT})
_log = logging.getLogger("pillarbox")


def _no_key(_number: int) -> bytes | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRules:
    """What a deployment says of its intake.

    `find_key` gives the secret of a tracking key's id; `simulator`: whose reports teach nothing.
    """

    region: str
    find_key: FindKey = _no_key
    simulator: Simulator = field(default_factory=Simulator)
    kept: KeptReports = field(default_factory=KeptReports)


class Intake:
    """Takes the mail of one worker's sessions."""

    def __init__(
        self,
        store: Store,
        addresses: InboundAddresses,
        rules: IntakeRules,
        *,
        clock: Callable[[], int],
        threads: Executor,
        metrics: WorkerMetrics,
    ) -> None:
        self._store = store
        self._addresses = addresses
        self._rules = rules
        self._clock = clock
        self._threads = threads
        self._metrics = metrics

    def takes(self, address: str) -> bool:
        """Tell whether mail to this address is taken."""
        return self._addresses.takes(address)

    def tag(self, address: str) -> Tag | None:
        """Read a return path; None unless we made it."""
        return self._addresses.tag(address)

    async def take(
        self, recipients: Sequence[str], content: bytes, sender: str = ""
    ) -> list[Result]:
        """Handle one mail. Raises ServiceUnavailable when the store can't be reached."""
        loop = asyncio.get_running_loop()
        report = await loop.run_in_executor(self._threads, read_report, content)
        proof = prove(recipients, report, self._addresses, self._rules.find_key)
        if proof.tags:
            results = [
                await self._handle(report, tag, content, addressed=proof.addressed)
                for tag in proof.tags
            ]
        else:
            results = [Result.UNPROVEN if report.kind in _EFFECTIVE else Result(report.kind)]
        if Result.UNPROVEN in results:
            await self._keep(report, content, sender, recipients)
        for result in results:
            self._metrics.add(METRIC, result)
        return results

    async def _handle(self, report: Report, tag: Tag, content: bytes, *, addressed: bool) -> Result:
        result = Result(report.kind)
        proven = Proven(
            tag=tag,
            report=report,
            now=self._clock(),
            region=self._rules.region,
            content=content,
            simulator=self._rules.simulator,
        )
        if report.kind in _EFFECTIVE:
            result = await self._store.write(partial(_record, proven))
        elif report.kind is ReportKind.AUTO_REPLY and addressed:
            await self._store.write(partial(_note_reply, proven))
        message_id = ses_message_id(tag.message_id, self._rules.region)
        log_values(_log, logging.INFO, "mail came back", result=result, message_id=message_id)
        return result

    async def _keep(
        self, report: Report, content: bytes, sender: str, recipients: Sequence[str]
    ) -> None:
        now = self._clock()
        kept = kept_report(report, content, sender=sender, sent_to=recipients, now=now)
        await self._store.write(lambda conn: self._rules.kept.keep(conn, kept, now))
        log_values(_log, logging.INFO, "mail came back without proof", kind=report.kind)


def _record(proven: Proven, conn: Connection) -> Result:
    return record(conn, proven)


def _note_reply(proven: Proven, conn: Connection) -> None:
    note_reply(conn, proven)
