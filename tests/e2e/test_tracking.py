"""The tracking listener of a running node: opens and clicks of a real message become its events."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from pillarbox.base.clock import now_ms
from pillarbox.base.ids import row_id_of
from pillarbox.base.secrets import Sealer, find_master_key
from pillarbox.model.tracking import TRAP, TokenKey
from pillarbox.track.keys import TrackingKeys
from pillarbox.track.tracking import key_cache
from tests.peers.node import Node
from tests.peers.wait import ARRIVAL_SECONDS
from tests.track.test_verdict import FIREFOX
from tests.track.tokens import TARGET, click, pixel


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with Node.start(tmp_path_factory.mktemp("tracking")) as node:
        node.client("sesv2").create_email_identity(EmailIdentity="shop.test")
        yield node


def signing_key(data: Path) -> TokenKey:
    """The key that the node signs tracking URLs with."""
    master = find_master_key(data, {})
    assert master is not None
    keys = TrackingKeys(Sealer(master), key_cache(data))
    keys.read_cache()
    return keys.current(now_ms())


def visit(node: Node, path: str, method: str = "GET") -> http.client.HTTPResponse:
    """Ask the tracking listener as Firefox would."""
    connection = http.client.HTTPConnection("127.0.0.1", node.track_port, timeout=ARRIVAL_SECONDS)
    connection.request(method, path, headers={"User-Agent": FIREFOX})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_an_open_and_a_click_of_a_message_are_its_events(node: Node) -> None:
    sent = node.client("sesv2").send_email(
        FromEmailAddress="orders@shop.test",
        Destination={"ToAddresses": ["a@customer.test"], "CcAddresses": ["b@customer.test"]},
        Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Html": {"Data": "<p>x"}}}},
    )
    message_id = sent["MessageId"]
    row, key = row_id_of(message_id), signing_key(node.data)
    assert row is not None
    host = f"127.0.0.1:{node.track_port}"
    opened = visit(node, pixel(host, message=row, position=1, key=key))
    assert (opened.status, opened.headers["Content-Type"]) == (200, "image/gif")
    followed = visit(node, click(TARGET, host, message=row, key=key))
    assert (followed.status, followed.headers["Location"]) == (302, TARGET)
    types = ["Send", "Delivery", "Delivery", "Open", "Click"]
    events = {one["eventType"]: one for one in node.events_when(message_id, *types)}
    assert events["Open"]["open"]["recipient"] == "b@customer.test"
    assert events["Click"]["click"]["recipient"] == "a@customer.test"
    assert events["Click"]["click"]["verdict"] == "human"
    assert events["Click"]["mail"]["messageId"] == message_id


def test_the_pages_of_the_tracking_host(node: Node) -> None:
    home = visit(node, "/")
    assert (home.status, home.headers["X-Frame-Options"]) == (200, "DENY")
    forged = visit(node, "/verify/forged")
    assert (forged.status, "default-src 'none'" in forged.headers["Content-Security-Policy"]) == (
        404,
        True,
    )
    assert visit(node, "/c/forged").status == 404


def test_the_metrics_count_what_was_answered(node: Node) -> None:
    assert visit(node, "/robots.txt").status == 200
    _, _, body = node.get("/metrics")
    assert b'pillarbox_track_answers_total{kind="page"}' in body
    assert b'pillarbox_track_answers_total{kind="page"} 0\n' not in body


def test_who_follows_the_link_that_nobody_sees_is_a_scanner(node: Node) -> None:
    sent = node.client("sesv2").send_email(
        FromEmailAddress="orders@shop.test",
        Destination={"ToAddresses": ["a@customer.test"]},
        Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Html": {"Data": "<p>x"}}}},
    )["MessageId"]
    row, host = row_id_of(sent), f"127.0.0.1:{node.track_port}"
    assert row is not None
    trap = click(f"http://{host}/", host, message=row, key=signing_key(node.data), link=TRAP)
    assert visit(node, trap).status == 302
    events = node.events_when(sent, "Send", "Delivery", "Click")
    assert [one["click"]["verdict"] for one in events if "click" in one] == ["scanner"]
