"""Events leave a running node: to webhooks of local topics, into files, as metrics."""

import gzip
import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.e2e.publishing import come_back, leave, track, visit
from tests.peers import javascript
from tests.peers.certificate import write_certificate
from tests.peers.node import CAPTURE, Node
from tests.peers.ses_records import (
    BounceNotification,
    ComplaintNotification,
    DeliveryNotification,
    Succeeded,
    read_event,
    read_notification,
)
from tests.peers.wait import ARRIVAL_SECONDS, free_port, until
from tests.peers.webhook import webhook

ARN = "arn:aws:sns:us-east-1:123456789012:news"
STREAM = "arn:aws:firehose:us-east-1:123456789012:deliverystream/mail"
ROLE = "arn:aws:iam::123456789012:role/ses"

# Each test starts some commands, and waits more than once.
pytestmark = pytest.mark.timeout(4 * ARRIVAL_SECONDS)


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A node of two workers that knows how subscribers reach it, and soon closes its files."""
    port = free_port()
    settings = CAPTURE | {
        "PILLARBOX_LISTEN_API": f"127.0.0.1:{port}",
        "PILLARBOX_EVENTS_URL": f"http://127.0.0.1:{port}",
        "PILLARBOX_EVENTS_STREAM_SECONDS": "1",
    }
    with Node.start(tmp_path_factory.mktemp("publishing"), settings) as started:
        started.client("sesv2").create_email_identity(EmailIdentity="example.com")
        started.run("topics", "create", "news")
        yield started
    assert "Traceback" not in started.log.read_text()


@pytest.fixture(scope="module")
def certificate_url(node, tmp_path_factory):
    """An HTTPS front before the node's certificate, as a reverse proxy is: its port and its CA."""
    pem = tmp_path_factory.mktemp("tls") / "localhost.pem"
    write_certificate(pem, "localhost")

    class Front(BaseHTTPRequestHandler):
        def do_GET(self):
            status, _, body = node.get(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"https://localhost:{server.server_port}", pem
    server.shutdown()
    thread.join()
    server.server_close()


def make_set(node, name, types=("SEND", "DELIVERY"), **destination):
    client = node.client("sesv2")
    client.create_configuration_set(ConfigurationSetName=name)
    client.create_configuration_set_event_destination(
        ConfigurationSetName=name,
        EventDestinationName="out",
        EventDestination={"Enabled": True, "MatchingEventTypes": list(types), **destination},
    )


def send(node, set_name, **more):
    return node.client("sesv2").send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": ["b@example.org"]},
        Content={
            "Simple": {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "hello"}}},
        },
        ConfigurationSetName=set_name,
        **more,
    )["MessageId"]


def state_of(node, hook):
    """Whether a webhook's subscription is confirmed; None when it has none."""
    listed = node.run("topics", "list", "--json")
    found = [one for one in listed[0]["Subscriptions"] if one["Endpoint"] == hook.url]
    return {"Confirmed": found[0]["Confirmed"]} if found else None


def subscribed(node, hook, *options):
    node.run("topics", "subscribe", "news", hook.url, *options)
    (asked,) = hook.of_type("SubscriptionConfirmation")
    assert "ConfirmSubscriptionResult" in visit(asked.json["SubscribeURL"])


def hooked(node, hook, set_name, *options, types=("SEND", "DELIVERY")):
    """Subscribe a webhook, make a set that publishes to it, and wait until it was told so."""
    subscribed(node, hook, *options)
    make_set(node, set_name, types, SnsDestination={"TopicArn": ARN})
    until(lambda: hook.of_type("Notification"), ARRIVAL_SECONDS, "the notice that the topic works")


def test_a_confirmed_webhook_gets_the_events_of_a_message_in_order(node):
    with webhook() as hook:
        hooked(node, hook, "hooked")
        message = send(node, "hooked")
        until(lambda: len(hook.events) == 2, ARRIVAL_SECONDS, "two events")
        assert hook.events == [(message, "Send"), (message, "Delivery")]
        assert [one.event for one in hook.notifications] == node.events(message)
        last = hook.taken[-1]
        assert last.json["Subject"] == "Amazon SES Email Event Notification"
        assert last.headers["content-type"] == "text/plain; charset=UTF-8"
        assert last.headers["user-agent"] == "Amazon Simple Notification Service Agent"
        assert last.headers["x-amz-sns-topic-arn"] == last.json["TopicArn"] == ARN
        assert last.headers["x-amz-sns-message-id"] == last.json["MessageId"]
        visit(last.json["UnsubscribeURL"])
        assert state_of(node, hook) == {"Confirmed": False}
        until(lambda: hook.of_type("UnsubscribeConfirmation"), ARRIVAL_SECONDS, "the confirmation")
        (farewell,) = hook.of_type("UnsubscribeConfirmation")
        assert farewell.json["Message"].startswith("You have chosen to deactivate subscription")
        visit(farewell.json["SubscribeURL"])
        assert state_of(node, hook) == {"Confirmed": True}
        node.run("topics", "unsubscribe", "news", hook.url)
        assert state_of(node, hook) is None


def test_every_type_of_event_and_notification_has_the_members_of_ses(node):
    types = ("SEND", "DELIVERY", "OPEN", "CLICK", "BOUNCE", "COMPLAINT")
    node.client("sesv2").create_email_identity(EmailIdentity="told.example")
    ses = node.client("ses")
    with webhook() as hook:
        hooked(node, hook, "alltypes", types=types)
        for kind in ("Delivery", "Bounce", "Complaint"):
            told = {"Identity": "told.example", "NotificationType": kind}
            ses.set_identity_notification_topic(SnsTopic=ARN, **told)
            ses.set_identity_headers_in_notifications_enabled(Enabled=kind == "Bounce", **told)
        html = '<a ses:tags="kind:order" href="http://127.0.0.1:9/x">see</a>'
        message = node.client("sesv2").send_email(
            FromEmailAddress="Shop <a@told.example>",
            Destination={"ToAddresses": ["all@example.org"]},
            Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Html": {"Data": html}}}},
            ConfigurationSetName="alltypes",
        )["MessageId"]
        node.events_when(message, "Send", "Delivery")
        track(node, message)
        come_back(node, message, "all@example.org")
        until(lambda: len(hook.events) == 6, ARRIVAL_SECONDS, "six events")
        until(lambda: len(hook.told) == 6, ARRIVAL_SECONDS, "six notifications")
        leave(node, hook)
    kinds = {"Send", "Delivery", "Open", "Click", "Bounce", "Complaint"}
    assert {kind for one, kind in hook.events if one == message} == kinds
    assert all(read_event(one.json["Message"]) for one in hook.notifications)
    read = [read_notification(one) for one in hook.told]
    assert {one.message for one in read if isinstance(one, Succeeded)} == {
        f"You have successfully subscribed your Amazon SNS topic '{ARN}' to receive '{kind}' "
        "notifications from Amazon SES for identity 'told.example'."
        for kind in ("Delivery", "Bounce", "Complaint")
    }
    shown = {type(one): one.mail.headers is not None for one in read if hasattr(one, "mail")}
    assert shown == {
        DeliveryNotification: False,
        BounceNotification: True,
        ComplaintNotification: False,
    }


def test_the_topic_of_a_new_destination_is_told_that_it_works(node):
    with webhook() as hook:
        subscribed(node, hook)
        make_set(node, "validated", SnsDestination={"TopicArn": ARN})
        until(lambda: hook.of_type("Notification"), ARRIVAL_SECONDS, "the notice")
        (told,) = hook.of_type("Notification")
        text = "Successfully validated SNS topic for Amazon SES event publishing."
        assert told.json["Message"] == text
        assert "Subject" not in told.json
        leave(node, hook)


def test_a_webhook_that_has_not_confirmed_gets_no_event(node):
    with webhook() as silent, webhook() as hook:
        node.run("topics", "subscribe", "news", silent.url)
        hooked(node, hook, "asked")
        send(node, "asked")
        until(lambda: len(hook.events) == 2, ARRIVAL_SECONDS, "two events")
        assert [one.headers["x-amz-sns-message-type"] for one in silent.taken] == [
            "SubscriptionConfirmation"
        ]
        leave(node, hook, silent)


def test_raw_delivery_is_the_event_alone(node):
    with webhook() as hook:
        hooked(node, hook, "rawset", "--raw")
        message = send(node, "rawset")
        until(lambda: len(hook.notifications) == 2, ARRIVAL_SECONDS, "two events")
        posted = hook.notifications
        assert [one.json for one in posted] == node.events(message)
        assert {one.headers["x-amz-sns-rawdelivery"] for one in posted} == {"true"}
        leave(node, hook)


def test_a_standard_webhook_is_verified_by_the_library_through_a_change_of_secrets(node):
    make_set(node, "standard", SnsDestination={"TopicArn": ARN})
    with webhook() as hook:
        printed = node.run("topics", "subscribe", "news", hook.url, "--standard")
        first = printed.split()[-1]
        refusals = iter([503])
        hook.status = lambda _number: next(refusals, 200)
        message = send(node, "standard")
        until(lambda: len(hook.taken) == 2, ARRIVAL_SECONDS, "two events")
        second = node.run("topics", "rotate", "news", hook.url).strip()
        send(node, "standard")
        until(lambda: len(hook.taken) == 4, ARRIVAL_SECONDS, "four events")
        leave(node, hook)
    read = [Webhook(first).verify(one.body, one.headers) for one in hook.taken]
    assert {one["type"] for one in read} == {"email.send", "email.delivery"}
    assert [one["data"] for one in read[:2]] == node.events(message)
    for one in hook.taken[2:]:
        assert Webhook(second).verify(one.body, one.headers) in read
    with pytest.raises(WebhookVerificationError):
        Webhook(second).verify(hook.taken[0].body, hook.taken[0].headers)
    assert hook.asked == 5
    secrets = (first, second)
    files = [one.read_bytes() for one in node.data.glob("pillarbox.sqlite*")]
    assert files
    assert not any(one.encode() in file for one in secrets for file in files)


@javascript.needs_packages
@pytest.mark.parametrize("version", ["1", "2"])
def test_sns_validator_accepts_our_messages_and_no_changed_one(node, certificate_url, version):
    base, authority = certificate_url
    topic, name = f"signed{version}", f"signed{version}"
    node.run("topics", "create", topic, "--signature-version", version)
    with webhook() as hook:
        node.run("topics", "subscribe", topic, hook.url)
        visit(hook.taken[0].json["SubscribeURL"])
        make_set(node, name, SnsDestination={"TopicArn": ARN.replace(":news", f":{topic}")})
        send(node, name)
        until(lambda: len(hook.taken) == 4, ARRIVAL_SECONDS, "confirmation, notice and two events")
    messages = [one.json for one in hook.taken]
    assert {one["SignatureVersion"] for one in messages} == {version}
    for one in messages:
        path = re.fullmatch(r"http://[^/]+(/sns/.*\.pem)", one["SigningCertURL"])[1]
        one["SigningCertURL"] = base + path
    changed = messages[1] | {"Message": messages[1]["Message"] + " "}
    printed = javascript.run(
        "validate_sns.mjs",
        r"^localhost:\d+$",
        environment={"NODE_EXTRA_CA_CERTS": str(authority)},
        typed=json.dumps([*messages, changed]),
    )
    assert json.loads(printed) == [
        "SubscriptionConfirmation",
        *["Notification"] * 3,
        "The message signature is invalid.",
    ]


def test_a_delivery_stream_is_files_of_json_lines(node):
    firehose = {"IamRoleArn": ROLE, "DeliveryStreamArn": STREAM}
    make_set(node, "streamed", KinesisFirehoseDestination=firehose)
    message = send(node, "streamed")

    def records():
        files = (node.data / "streams" / "123456789012" / "mail").rglob("*.jsonl.gz")
        text = "".join(gzip.decompress(one.read_bytes()).decode() for one in files)
        return [json.loads(line) for line in text.splitlines()]

    until(lambda: len(records()) == 2, ARRIVAL_SECONDS, "two records in closed files")
    wanted = {one["eventType"]: one for one in node.events(message)}
    assert {one["eventType"]: one for one in records()} == wanted


def test_metrics_have_the_dimensions_of_their_destination(node):
    dimensions = [
        ("campaign", "MESSAGE_TAG", "none"),
        ("x-kind", "EMAIL_HEADER", "plain"),
        ("product", "LINK_TAG", "no-link"),
    ]
    make_set(
        node,
        "measured",
        CloudWatchDestination={
            "DimensionConfigurations": [
                {
                    "DimensionName": name,
                    "DimensionValueSource": source,
                    "DefaultDimensionValue": default,
                }
                for name, source, default in dimensions
            ]
        },
    )
    send(node, "measured", EmailTags=[{"Name": "campaign", "Value": "spring"}])
    send(node, "measured")

    def series(campaign):
        labels = f'campaign="{campaign}",x_kind="plain",product="no-link"'
        return [
            f'aws_ses_{kind}_total{{account_id="123456789012",{labels}}} 1'
            for kind in ("send", "delivery")
        ]

    wanted = set(series("spring") + series("none"))
    until(
        lambda: wanted <= set(node.get("/metrics")[2].decode().splitlines()),
        ARRIVAL_SECONDS,
        "four series",
    )


def test_what_a_webhook_refuses_is_listed_and_replayed(node):
    with webhook() as hook:
        hooked(node, hook, "refused")
        hook.status = lambda _number: 404
        buried = 'pillarbox_events_published_total{outcome="dead"}'
        before = node.metric(buried)
        message = send(node, "refused")
        until(lambda: node.metric(buried) == before + 2, ARRIVAL_SECONDS, "two dead letters")
        where = ("--destination", hook.url)
        dead = node.run("events", "dead", *where, "--json")
        assert [one["reason"] for one in dead] == ["it answered 404"] * 2
        hook.status = lambda _number: 200
        assert node.run("events", "replay", *where) == "2 events are published again\n"
        until(lambda: len(hook.events) == 2, ARRIVAL_SECONDS, "two events")
        assert sorted(hook.events) == [(message, "Delivery"), (message, "Send")]
        assert node.run("events", "dead", *where, "--json") == []
        leave(node, hook)
