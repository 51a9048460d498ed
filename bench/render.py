"""Copies of a tracked newsletter for many recipients, beside plain reads of the same octets."""

import hashlib
import time
from collections.abc import Callable

from bench.letters import newsletter
from bench.measure import Figure, median_of, table
from pillarbox.model.tracking import TokenKey, TrackingPlan
from pillarbox.proto.mime.body import write_base64, write_quoted_printable
from pillarbox.render.tracked_copy import track

SIZE, RECIPIENTS, LINKS = 51_200, 50, 50
SECONDS = 1.0
BASE = "https://email.shop.example"
PLAN = TrackingPlan(pixel=BASE, http_links=BASE, https_links=BASE)
KEY = TokenKey(1, b"k" * 32)
ENCODERS = {
    "8bit": bytes,
    "quoted-printable": write_quoted_printable,
    "base64": write_base64,
}


def run() -> str:
    """Measure, and tell as a table; in CPU time of one thread, without the DKIM signature."""
    html = newsletter(SIZE, LINKS).encode()
    plain = _letter(html, "8bit")
    against = median_of("sha256 of the letter", lambda: _rate(lambda: _hash(plain)))
    figures = [
        median_of("bytes.replace of one link in the letter", lambda: _rate(lambda: _replace(plain)))
    ]
    for encoding in ENCODERS:
        letter = _letter(html, encoding)
        figures.append(_measure(f"copies, {RECIPIENTS} recipients, {encoding}", letter, RECIPIENTS))
        figures.append(_measure(f"copies, one recipient, {encoding}", letter, 1))
    title = f"render, {SIZE // 1024} KB of HTML with {LINKS} links and a pixel (ratio: to sha256)"
    return table(title, [*figures, against], against)


def _measure(name: str, letter: bytes, recipients: int) -> Figure:
    return median_of(name, lambda: _rate(lambda: _copies(letter, recipients), recipients))


def _letter(html: bytes, encoding: str) -> bytes:
    head = f"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
    return b"From: a@shop.example\r\n" + head.encode() + b"\r\n" + ENCODERS[encoding](html)


def _copies(letter: bytes, recipients: int) -> None:
    copies = track(letter, b"m" * 16, PLAN, KEY)
    for position in range(recipients):
        copies.for_recipient(position)


def _hash(letter: bytes) -> None:
    hashlib.sha256(letter).digest()


def _replace(letter: bytes) -> None:
    letter.replace(b"https://shop.example/orders/7?", b"https://email.shop.example/c/7?")


def _rate(work: Callable[[], None], each: int = 1) -> float:
    """How many a second of CPU time, `each` for one call of `work`."""
    done, began = 0, time.process_time()
    while (took := time.process_time() - began) < SECONDS:
        work()
        done += each
    return done / took
