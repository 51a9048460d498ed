"""Counters and gauges of all workers of a node together, in the Prometheus text format 0.0.4.

Each worker slot has a file of 8-byte numbers, mapped into memory. A worker that is started again
goes on in its slot's file, so that counters survive it; any worker reads all files and adds them
up. Gauges are what is so now: a worker sets its own to zero when it starts.
"""

import mmap
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_NUMBER = struct.Struct("<d")
_FILE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name, what it means, its kind, and the values of its label, if it has one."""

    name: str
    meaning: str
    kind: str = "counter"
    label: str = ""
    values: tuple[str, ...] = ("",)


#: Groups of hosts that have a series of their own; the others share one.
SHAPED_GROUPS = ("google", "microsoft", "yahoo", "icloud", "gmx", "comcast", "mailru", "qq")

METRICS = (
    Metric("pillarbox_messages_accepted_total", "Messages accepted and committed."),
    Metric(
        "pillarbox_recipients_settled_total",
        "Recipients by what became of an attempt.",
        label="outcome",
        values=("delivered", "deferred", "bounced", "unrenderable"),
    ),
    Metric(
        "pillarbox_tls_policies_total",
        "DANE and MTA-STS: policies fetched or not, hosts and sessions that fell short of them.",
        label="result",
        values=("fetched", "unfetchable", "not_usable", "failed", "testing_failed"),
    ),
    Metric(
        "pillarbox_api_requests_total",
        "API requests by class of status.",
        label="status",
        values=("2xx", "4xx", "5xx", "aborted"),
    ),
    Metric("pillarbox_api_request_seconds_total", "Time spent on API requests."),
    Metric(
        "pillarbox_shaping_shrunk_total",
        "Times that a group of hosts complained and its limits were halved.",
        label="group",
        values=(*SHAPED_GROUPS, "other"),
    ),
    Metric(
        "pillarbox_addresses_blocked_total",
        "Times that a group of hosts blocked a sending address, which is left out for it then.",
        label="group",
        values=(*SHAPED_GROUPS, "other"),
    ),
    Metric("pillarbox_recipients_in_flight", "Recipients claimed and not settled yet.", "gauge"),
    Metric(
        "pillarbox_way_out_troubles",
        "Workers that no mail leaves from: port blocked, relay failing, its login refused.",
        "gauge",
        label="kind",
        values=("port", "relay", "relay_login"),
    ),
    Metric("pillarbox_smtp_sessions_total", "SMTP submission sessions begun."),
    Metric("pillarbox_smtp_sessions", "SMTP submission sessions open now.", "gauge"),
    Metric(
        "pillarbox_smtp_messages_total",
        "Messages handed in over SMTP, by what they were answered.",
        label="answer",
        values=("accepted", "deferred", "refused"),
    ),
    Metric("pillarbox_smtp_logins_refused_total", "SMTP logins refused."),
    Metric(
        "pillarbox_track_answers_total",
        "Answers of the tracking listener.",
        label="kind",
        values=("open", "click", "page", "refused"),
    ),
    Metric(
        "pillarbox_opens_total",
        "Opens recorded, by who asked.",
        label="verdict",
        values=("human", "proxy", "scanner"),
    ),
    Metric(
        "pillarbox_clicks_total",
        "Clicks recorded, by who asked.",
        label="verdict",
        values=("human", "proxy", "scanner"),
    ),
    Metric(
        "pillarbox_track_skipped_total",
        "Opens and clicks of the journal that became no event, by why.",
        label="why",
        values=("unknown_message", "again", "unreadable", "failed"),
    ),
    Metric("pillarbox_track_lost_total", "Opens and clicks lost: the disk took nothing."),
    Metric("pillarbox_track_damaged_bytes_total", "Bytes of the journal that were damaged."),
    Metric(
        "pillarbox_events_published_total",
        "Events on their way to destinations, by what became of an attempt.",
        label="outcome",
        values=("published", "retried", "dead"),
    ),
    Metric(
        "pillarbox_metrics_dropped_total",
        "Events that a CloudWatch destination counted without their dimensions, or not at all.",
        label="reason",
        values=("limit", "invalid"),
    ),
    Metric(
        "pillarbox_scans_total",
        "Messages shown to the content scanner, by what it said.",
        label="verdict",
        values=("clean", "found", "too_large", "failed"),
    ),
    Metric("pillarbox_scanner_up", "Workers whose content scanner answered last time.", "gauge"),
    Metric("pillarbox_inbound_sessions_total", "SMTP sessions of mail that came back begun."),
    Metric(
        "pillarbox_inbound_sessions", "SMTP sessions of mail that comes back open now.", "gauge"
    ),
    Metric(
        "pillarbox_inbound_mails_total",
        "Mails that came back, by what became of them.",
        label="result",
        values=(
            *("bounce", "complaint", "delay", "auto_reply", "challenge", "neither", "again"),
            *("unknown_message", "unproven", "system"),
        ),
    ),
    Metric(
        "pillarbox_feedback_forwards_total",
        "Bounces, complaints and automatic replies, by whether they were forwarded by mail.",
        label="result",
        values=("forwarded", "switched_off", "unverified", "unwritable", "gone"),
    ),
)
_PLACES = {
    (metric.name, value): number
    for number, (metric, value) in enumerate(
        (metric, value) for metric in METRICS for value in metric.values
    )
}


class WorkerMetrics:
    """One worker's numbers."""

    def __init__(self, folder: Path, slot: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / f"{slot}.metrics", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, _FILE_BYTES)
            self._memory = mmap.mmap(descriptor, _FILE_BYTES)
        finally:
            os.close(descriptor)
        for metric in METRICS:
            if metric.kind == "gauge":
                for value in metric.values:
                    self.set(metric.name, 0.0, value)

    def add(self, name: str, value: str = "", amount: float = 1.0) -> None:
        """Add to a counter; `value`: of its label."""
        offset = _PLACES[name, value] * _NUMBER.size
        (before,) = _NUMBER.unpack_from(self._memory, offset)
        _NUMBER.pack_into(self._memory, offset, before + amount)

    def set(self, name: str, amount: float, value: str = "") -> None:
        """Set a gauge."""
        _NUMBER.pack_into(self._memory, _PLACES[name, value] * _NUMBER.size, amount)

    def set_kind(self, name: str, value: str, amount: float) -> None:
        """Set a gauge of a label's value."""
        self.set(name, amount, value)


def gauge_total(folder: Path, name: str, value: str = "") -> float:
    """Add a gauge up over all workers of a node."""
    metric = next(one for one in METRICS if one.name == name)
    return _sum([file.read_bytes() for file in folder.glob("*.metrics")], metric, value)


def exposition(folder: Path) -> str:
    """Write the metrics of all workers of a node together."""
    files = [file.read_bytes() for file in sorted(folder.glob("*.metrics"))]
    lines: list[str] = []
    for metric in METRICS:
        lines += [f"# HELP {metric.name} {metric.meaning}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [
            f"{_series(metric, value)} {_sum(files, metric, value):.15g}" for value in metric.values
        ]
    return "\n".join(lines) + "\n"


def _series(metric: Metric, value: str) -> str:
    return f'{metric.name}{{{metric.label}="{value}"}}' if metric.label else metric.name


def _sum(files: Iterable[bytes], metric: Metric, value: str) -> float:
    offset = _PLACES[metric.name, value] * _NUMBER.size
    numbers: list[float] = [
        _NUMBER.unpack_from(file, offset)[0] for file in files if len(file) == _FILE_BYTES
    ]
    return sum(numbers)
