"""Events a second from the outbox to each kind of destination, and what destinations cost a send.

One worker drains a full outbox (SQLite, with its fsyncs) through the drivers that a node has.
Webhooks stand beside bare posts of the same octets by the same client to the same server, and
beside openssl's signatures on one core; files beside the same lines written and synced alone; the
rest beside the outbox read and emptied with nothing published.
"""

import os
import tempfile
import time
from functools import partial
from pathlib import Path

import msgspec

from bench import openssl_speed
from bench.event_world import BATCH, MAIL, REGION, TOPIC, bare_posts, be_a_worker, receiver, world
from bench.measure import in_turn, table
from pillarbox.model.event_destination import CloudWatch, Dimension, Firehose, Pinpoint, Sns, Target
from tests.store.rows import ACCOUNT

MESSAGES = int(os.environ.get("PILLARBOX_BENCH_EVENTS", "4000"))
FILES: Target = Firehose(
    f"arn:aws:iam::{ACCOUNT}:role/ses",
    f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/mail",
)
METRICS: Target = CloudWatch((Dimension("campaign", "MESSAGE_TAG", "none"),))
PEOPLE: Target = Pinpoint(f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/{'0' * 32}")
WEBHOOK: Target = Sns(f"arn:aws:sns:{REGION}:{ACCOUNT}:{TOPIC}")
#: An event's record, about as long as its envelope.
RECORD = msgspec.json.encode({"eventType": "Send", "mail": MAIL, "send": {}})
STYLES = {
    "signed": "to a webhook, SNS's envelope, signed",
    "raw": "to a webhook, raw delivery",
    "standard": "to a Standard Webhook (HMAC)",
}


def run() -> str:
    """Measure, and tell as tables."""
    be_a_worker()
    return f"{_webhooks()}\n{_others()}\n{_sends()}"


def _webhooks() -> str:
    with receiver() as url:
        posted = {name: partial(_posted, url, style) for style, name in STYLES.items()}
        *ours, bare, limit = in_turn(
            posted
            | {
                "the same client posts, and nothing else": lambda: (
                    MESSAGES / bare_posts(url, MESSAGES, RECORD)
                ),
                "RSA-2048 signatures, openssl, one core": partial(openssl_speed.rate, 1),
            }
        )
    title = f"events to one webhook, {MESSAGES} messages, one worker (ratio: to bare posts)"
    return table(title, [*ours, bare, limit], bare)


def _posted(url: str, style: str) -> float:
    with world(WEBHOOK) as made:
        made.subscribe(url, style)
        made.send(MESSAGES)
        return MESSAGES / made.drain()


def _others() -> str:
    figures = in_turn(
        {
            "to files, synced": partial(_rate, FILES),
            "lines written and synced, nothing else": _synced_lines,
            "to metrics": partial(_rate, METRICS),
            "to recipients (Pinpoint)": partial(_rate, PEOPLE),
            "to metrics, 10 destinations: each counts": partial(_rate, *[METRICS] * 10),
            "read and removed, nothing published": partial(_rate, METRICS, nobody=True),
        }
    )
    title = f"events from the outbox, {MESSAGES} messages, one worker (ratio: to nothing published)"
    return table(title, figures, figures[-1])


def _rate(*targets: Target, nobody: bool = False) -> float:
    with world(*targets) as made:
        made.send(MESSAGES)
        count = made.waiting()
        return count / made.drain(published=not nobody)


def _synced_lines() -> float:
    """The same lines in batches of the same size, by one process that does nothing else."""
    with tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as name:
        began = time.perf_counter()
        with (Path(name) / "lines").open("wb", buffering=0) as file:
            for _ in range(0, MESSAGES, BATCH):
                file.write((RECORD + b"\n") * BATCH)
                os.fsync(file.fileno())
        return MESSAGES / (time.perf_counter() - began)


def _sends() -> str:
    """What accepting a message costs with so many destinations."""
    figures = in_turn(
        {f"accepted, {n} destinations": partial(_accepted, *[METRICS] * n) for n in (0, 1, 10)}
    )
    title = f"messages stored with their Send event, {BATCH} a commit (ratio: to no destination)"
    return table(title, figures, figures[0])


def _accepted(*targets: Target) -> float:
    with world(*targets) as made:
        return MESSAGES / made.send(MESSAGES)
