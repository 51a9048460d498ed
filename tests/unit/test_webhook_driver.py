"""Posting to webhooks: what an answer means, in which order events go, whom we never post to."""

import asyncio
import base64
import hmac
from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from pillarbox.base.outgoing_http import Fetched, OutgoingHttp, Unreachable
from pillarbox.base.resolver import Answer
from pillarbox.base.secrets import Sealer
from pillarbox.destinations import webhook
from pillarbox.destinations.order import next_due, ready
from pillarbox.destinations.posting import standard_type
from pillarbox.destinations.signing import SnsKey
from pillarbox.destinations.topic_urls import TopicUrls
from pillarbox.destinations.webhook import AT_ONCE, WebhookDriver, outcome_of
from pillarbox.destinations.webhook_secrets import new_secret, seal_secret
from pillarbox.model.publishing import NotYet, Place, Published, Record, Refused, Waiting
from pillarbox.model.topic import STANDARD, Subscription, Topic
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
        self.answers = {}

    async def post(self, _url, _body, headers):
        self.now += 1
        self.most = max(self.most, self.now)
        number = UUID(headers.get("webhook-id") or headers["x-amz-sns-message-id"]).int
        self.posted.append((number, headers))
        for _ in range(3):
            await asyncio.sleep(0)
        self.now -= 1
        return self.answers.get(number, Fetched(200, b""))

    @property
    def numbers(self):
        return [number for number, _ in self.posted]


def record(number, message):
    return Record(
        event_id=number.to_bytes(16, "big"),
        message_id=b"%d" % message,
        account_id="1",
        type="Send",
        created_at=0,
        body={},
    )


KEY = rsa.generate_private_key(65537, 2048)
URLS = TopicUrls(base="http://b", certificate_path="/c", key=SnsKey(KEY, b""), secret=b"s")
SEALER = Sealer(bytes(32))


async def urls():
    return URLS


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def publish(client):
    """Publish records to a hook at a moment."""
    driver = WebhookDriver(client, urls, SEALER, lambda: moment[0])
    moment = [0]

    async def give(records, hook=HOOK, now=0):
        moment[0] = now
        return await driver.publish(Place("1", hook), records)

    yield give
    driver.close()


async def test_the_events_of_one_message_never_go_side_by_side(client, publish):
    outcomes = await publish([record(1, 1), record(2, 1), record(3, 2)])
    assert len(outcomes) == 3
    assert client.numbers == [1, 3, 2]
    assert client.most == 2


async def test_so_many_messages_go_side_by_side_and_no_more(client, publish):
    await publish([record(n, n) for n in range(1, 3 * AT_ONCE)])
    assert client.most == AT_ONCE


async def test_what_is_tried_again_holds_back_its_message_and_what_is_refused_does_not(
    client, publish
):
    client.answers = {1: Fetched(503, b""), 3: Fetched(400, b"")}
    records = [record(1, 1), record(2, 1), record(3, 2), record(4, 2)]
    outcomes = await publish(records)
    assert outcomes == {
        records[0].event_id: NotYet("it answered 503"),
        records[2].event_id: Refused("it answered 400"),
        records[3].event_id: Published(),
    }


async def test_a_subscriber_that_is_down_is_asked_a_few_times(client, publish):
    records = [record(n, n) for n in range(1, 51)]
    client.answers = {n: Fetched(503, b"") for n in range(1, 51)}
    outcomes = await publish(records)
    assert len(outcomes) == len(client.posted) <= AT_ONCE + 1


async def test_a_round_ends_in_time_and_leaves_the_rest(client, publish, monkeypatch):
    monkeypatch.setattr(webhook, "ROUND_SECONDS", -1)
    outcomes = await publish([record(n, n % 10) for n in range(1, 51)])
    assert 1 <= len(outcomes) <= AT_ONCE
    assert all(one == Published() for one in outcomes.values())


def standard(first, *, former=None, until=None):
    def seal(secret):
        return seal_secret(SEALER, HOOK.id, secret) if secret else None

    return replace(
        HOOK,
        style=STANDARD,
        secret_sealed=seal(first),
        former_secret_sealed=seal(former),
        former_secret_until=until,
    )


async def test_a_standard_webhook_is_signed_over_id_time_and_body(client, publish):
    secret = new_secret()
    now = 1_800_000_000_123
    for moment in (now, now + 60_000):
        await publish([record(7, 1)], standard(secret), moment)
    (_, first), (_, second) = client.posted
    assert first["webhook-id"] == second["webhook-id"] == "00000000-0000-0000-0000-000000000007"
    assert (first["webhook-timestamp"], second["webhook-timestamp"]) == ("1800000000", "1800000060")
    body = b'{"type":"email.send","timestamp":"1970-01-01T00:00:00.000Z","data":{}}'
    signed = b"%s.1800000000.%s" % (first["webhook-id"].encode(), body)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.new(key, signed, "sha256").digest()).decode()
    assert first["webhook-signature"] == f"v1,{mac}"


@pytest.mark.parametrize(("now", "signatures"), [(99, 2), (100, 1)])
async def test_a_former_secret_signs_as_well_until_its_end(client, publish, now, signatures):
    hook = standard(new_secret(), former=new_secret(), until=100)
    await publish([record(1, 1)], hook, now)
    found = client.posted[0][1]["webhook-signature"].split(" ")
    assert len(set(found)) == len(found) == signatures


async def test_that_a_topic_works_is_not_told_to_standard_webhooks(client, publish):
    notice = replace(record(1, 1), notice=True, text="works")
    assert list((await publish([notice], standard(new_secret()))).values()) == [Published()]
    assert client.posted == []
    told = replace(record(2, 1), notice=True, type="Bounce")
    assert standard_type(told) == "notification.bounce"


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

    client = OutgoingHttp(NoDns(), allow_private=True, keep_alive=True, seconds=60)
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
