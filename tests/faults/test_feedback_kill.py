"""kill -9 while bounces and complaints come: each is told by an event and by one mail."""

import base64
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.peers.node import CAPTURE, Node
from tests.peers.programs import kill
from tests.peers.wait import until

#: All its waits together, on a machine that does much else.
pytestmark = pytest.mark.timeout(600)
MESSAGES = 40
ARRIVE_SECONDS = 60
"""A worker that is not started again by its name has its lease for 10 seconds."""
MAILBOXES = {"bounce": "Bounce", "complaint": "Complaint"}


def send(client, number: int) -> tuple[str, str]:
    mailbox = list(MAILBOXES)[number % 2]
    sent = client.send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": [f"{mailbox}+{number}@simulator.amazonses.com"]},
        Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
    )
    return sent["MessageId"], MAILBOXES[mailbox]


def told_by_mail(node, sent) -> Counter[str]:
    """How many mails to the sender tell of each message."""
    mails = [
        base64.b64decode(one["raw"])
        for one in node.captured("?limit=1000")
        if one["recipient"] == "a@example.com"
    ]
    return Counter(one for one, _ in sent for mail in mails if one.encode() in mail)


def test_every_bounce_and_complaint_is_told_once_over_a_kill(tmp_path, durable_store_url):
    settings = dict(CAPTURE)
    if durable_store_url is not None:
        settings["PILLARBOX_STORE_URL"] = durable_store_url
    folder = tmp_path / "node"
    with Node.start(folder, settings) as node:
        client = node.client("sesv2")
        client.create_email_identity(EmailIdentity="example.com")
        with ThreadPoolExecutor(4) as pool:
            sent = list(pool.map(lambda number: send(client, number), range(MESSAGES)))
        until(lambda: any(told_by_mail(node, sent)), ARRIVE_SECONDS, "the first feedback")
        kill(node.process)
    with Node.start(folder, settings) as node:
        wanted = Counter({one: 1 for one, _ in sent})
        until(lambda: told_by_mail(node, sent) >= wanted, ARRIVE_SECONDS, "all feedback")
        assert told_by_mail(node, sent) == wanted
        for one, kind in sent:
            kinds = Counter(event["eventType"] for event in node.events(one))
            assert (kinds["Send"], kinds[kind]) == (1, 1)
