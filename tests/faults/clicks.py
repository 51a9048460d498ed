"""Clicks on links of one message of a running node, and the Click events that came of them."""

import asyncio
import json
import urllib.error
import urllib.request
from collections import Counter
from contextlib import suppress
from pathlib import Path

from pillarbox.base.clock import now_ms
from pillarbox.base.ids import row_id_of
from pillarbox.base.secrets import Sealer, find_master_key
from pillarbox.track.keys import TrackingKeys
from pillarbox.track.tracking import key_cache
from tests.peers.dns_zone import DnsZone
from tests.peers.pillarbox import Pillarbox
from tests.peers.wait import until
from tests.track.tokens import click

SENDER = "orders@shop.test"
DRAIN_SECONDS = 60
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def captured_node(
    folder: Path, zone: DnsZone, *, workers: int = 2, store_url: str | None = None
) -> Pillarbox:
    """A node that captures its mail: nothing but clicks is going on."""
    settings = {"deliver": {"mode": "capture"}}
    return Pillarbox(folder, zone, 25, workers=workers, store_url=store_url, settings=settings)


def send_one(node: Pillarbox) -> str:
    """Have a message accepted; its id."""
    with suppress(AssertionError):
        node.call("POST", "/v2/email/identities", {"EmailIdentity": "shop.test"})
    body = {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": ["r@customer.test"]},
        "Content": {
            "Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}},
        },
    }
    message_id: str = node.call("POST", "/v2/email/outbound-emails", body)["MessageId"]
    return message_id


def target(number: int) -> str:
    """Where a link leads: one for each click, so that an event says which click it is of."""
    return f"https://example.com/{number}"


def requests(node: Pillarbox, message_id: str, numbers: range) -> list[bytes]:
    """A request for each number, as a browser would follow the link."""
    master, row = find_master_key(node.data, {}), row_id_of(message_id)
    assert master is not None
    assert row is not None
    keys = TrackingKeys(Sealer(master), key_cache(node.data))
    keys.read_cache()
    host, key = f"127.0.0.1:{node.ports['TRACK']}", keys.current(now_ms())
    paths = (click(target(n), host, message=row, link=n, key=key) for n in numbers)
    return [
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Browser/1\r\n\r\n".encode()
        for path in paths
    ]


def clicked(node: Pillarbox, message_id: str) -> Counter[str]:
    """How often each link is in the message's Click events."""
    url = f"http://127.0.0.1:{node.port}/_pillarbox/events?message_id={message_id}"
    with _NO_PROXY.open(url, timeout=30) as answer:
        found = json.loads(answer.read())
    return Counter(one["click"]["link"] for one in found if one["eventType"] == "Click")


async def all_clicked(node: Pillarbox, message_id: str, wanted: set[str]) -> Counter[str]:
    """Wait until every wanted link is among the events; give all that are."""
    seen: Counter[str] = Counter()

    def there() -> bool:
        nonlocal seen
        with suppress(urllib.error.HTTPError):  # 503: the store is not back yet
            seen = clicked(node, message_id)
        return wanted <= seen.keys()

    await asyncio.to_thread(until, there, DRAIN_SECONDS, f"{len(wanted)} clicks to be events")
    return seen


def redirects_to(answer: bytes) -> str:
    """The Location of an answer."""
    lines = answer.split(b"\r\n\r\n")[0].decode().split("\r\n")
    assert lines[0].split()[1] == "302", json.dumps(lines)
    return next(line.removeprefix("Location: ") for line in lines if line.startswith("Location"))
