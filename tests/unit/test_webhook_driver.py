"""Posting to webhooks: what an answer means, in which order events go, whom we never post to."""

import asyncio

import pytest

from pillarbox.base.outgoing_http import Fetched, OutgoingHttp, Unreachable
from pillarbox.base.resolver import Answer
from pillarbox.destinations.order import next_due, ready
from pillarbox.destinations.webhook import AT_ONCE, WebhookDriver, outcome_of
from pillarbox.model.publishing import NotYet, Place, Published, Record, Refused, Waiting
from pillarbox.model.topic import Subscription, Topic
from tests.peers.web import response, serving

TOPIC = Topic(arn="arn:aws:sns:us-east-1:1:news", account_id="1", name="news")
HOOK = Subscription(
    id=bytes(16), topic=TOPIC, endpoint="http://h/", raw=True, token="t", confirmed=True
)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Fetched(200, b""), Published()),
        (Fetched(204, b""), Published()),
        (Fetched(301, b""), Refused("it answered 301")),
        (Fetched(400, b"no\n such <b>"), Refused("it answered 400: no such <b>")),
        (Fetched(404, b"x" * 999), Refused("it answered 404: " + "x" * 200)),
        (Fetched(408, b""), NotYet("it answered 408")),
        (Fetched(429, b""), NotYet("it answered 429")),
        (Fetched(503, b"\xff"), NotYet("it answered 503: \ufffd")),
        (Unreachable("nobody answers there"), NotYet("nobody answers there")),
    ],
)
def test_an_answer_means_what_it_means_to_sns(answer, outcome):
    assert outcome_of(answer) == outcome


class Client:
    def __init__(self):
        self.posted, self.now, self.most = [], 0, 0

    async def post(self, _url, _body, headers):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.posted.append(headers["x-amz-sns-message-id"])
        self.now -= 1
        return Fetched(200, b"")


def record(number, message):
    return Record(
        event_id=number.to_bytes(16, "big"),
        message_id=b"%d" % message,
        account_id="1",
        type="Send",
        created_at=0,
        body={},
    )


async def no_urls():
    return None


async def test_the_events_of_one_message_never_go_side_by_side():
    client = Client()
    driver = WebhookDriver(client, no_urls, lambda: 0)
    records = [record(1, 1), record(2, 1), record(3, 2)]
    assert list(await driver.publish(Place("1", HOOK), records)) == [
        records[0].event_id,
        records[2].event_id,
    ]
    assert len(client.posted) == client.most == 2


async def test_so_many_messages_go_side_by_side_and_no_more():
    client = Client()
    driver = WebhookDriver(client, no_urls, lambda: 0)
    await driver.publish(Place("1", HOOK), [record(n, n) for n in range(3 * AT_ONCE)])
    assert client.most == AT_ONCE


class NoDns:
    async def query(self, _name, rdtype, **_):
        return Answer("ok", ("10.0.0.1",)) if rdtype == "A" else Answer("nodata")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "10.1.2.3",
        "169.254.169.254",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
        "internal.example",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
    ],
)
async def test_nothing_is_posted_to_an_address_that_is_not_public(host):
    client = OutgoingHttp(NoDns())

    async def give(_request):
        return response("200 OK")

    async with serving(give) as server:
        found = await client.post(f"http://{host}:{server.port}/", b"x", {})
        await client.close()
    assert isinstance(found, Unreachable)
    assert server.asked == []


@pytest.mark.parametrize("url", ["ftp://h/", "http://", "h", "http://[", "file:///etc/passwd"])
async def test_what_is_no_web_address_is_not_asked(url):
    client = OutgoingHttp(NoDns(), allow_private=True)
    assert await client.post(url, b"x", {}) == Unreachable("its URL is not valid")
    await client.close()


async def test_a_post_that_is_redirected_stops_there():
    async def give(_request):
        return response("307 Temporary", headers="Location: http://127.0.0.1:1/\r\n")

    client = OutgoingHttp(NoDns(), allow_private=True, keep_alive=True)
    async with serving(give) as server:
        found = await client.post(f"http://127.0.0.1:{server.port}/a?b=1", b"x", {"A": "b"})
        await client.close()
    assert (found, len(server.asked)) == (Fetched(307, b""), 1)


def waiting(number, message, due):
    return Waiting(event_id=b"%d" % number, message_id=message, due_at=due, attempts=0, since=0)


def test_an_event_that_waits_holds_back_its_message_and_no_other():
    rows = [waiting(1, b"a", 9), waiting(2, b"b", 5), waiting(3, b"a", 0), waiting(4, b"c", 0)]
    assert [one.event_id for one in ready(rows, 5)] == [b"2", b"4"]
    assert next_due(rows[:3], 4) == 5
    assert next_due([], 4) == 4
