"""A node with a real clamd: what it knows is rejected, and without it nothing is sent."""

import base64

import pytest

from tests.e2e.conftest import assert_ended_well
from tests.e2e.letters import simple
from tests.peers.clamd import CLAMD, ClamdServer
from tests.peers.eicar import eicar
from tests.peers.node import CAPTURE, Node
from tests.peers.wait import ARRIVAL_SECONDS, free_port, until

pytestmark = [
    pytest.mark.clamav,
    pytest.mark.skipif(CLAMD is None, reason="needs Debian's clamav-daemon"),
]


def letter(sender: str, content: bytes) -> dict:
    """A letter to two recipients with a file."""
    made = simple(sender, "a@receiver.example", "b@other.example")
    made["Content"]["Simple"]["Attachments"] = [{"FileName": "a.bin", "RawContent": content}]
    return made


def test_bad_content_is_rejected_and_without_a_scanner_mail_waits(tmp_path, domain):
    port = free_port()
    settings = CAPTURE | {"PILLARBOX_SCAN_CLAMD": f"127.0.0.1:{port}"}
    with Node.start(tmp_path / "node", settings) as node:
        client = node.client("sesv2")
        client.create_email_identity(EmailIdentity=domain)
        waiting = client.send_email(**letter(f"me@{domain}", b"harmless"))["MessageId"]
        gauge = "pillarbox_scanner_up"

        def scanner(up):
            lines = node.get("/metrics")[2].decode().splitlines()
            return any(one.startswith(f"{gauge} ") and (one != f"{gauge} 0") is up for one in lines)

        def goes(message_id):
            node.run("queue", "retry")  # else it waits for 15 seconds
            return len(node.events(message_id)) > 1

        failed = 'pillarbox_scans_total{verdict="failed"} 0'
        until(lambda: failed.encode() not in node.get("/metrics")[2], ARRIVAL_SECONDS, "an attempt")
        assert [one["eventType"] for one in node.events(waiting)] == ["Send"]
        assert node.captured() == []
        with ClamdServer(tmp_path / "clamd", port):
            until(lambda: goes(waiting), ARRIVAL_SECONDS, "the mail that waited")
            node.events_when(waiting, "Send", "Delivery", "Delivery")
            bad = client.send_email(**letter(f"me@{domain}", eicar()))["MessageId"]
            reject = node.events_when(bad, "Send", "Reject")[-1]
            assert reject["reject"] == {"reason": "Bad content"}
            assert sorted(reject["mail"]["destination"]) == [
                "a@receiver.example",
                "b@other.example",
            ]
            captured = [base64.b64decode(one["raw"]) for one in node.captured()]
            assert len(captured) == 2
            assert not [one for one in captured if base64.b64encode(eicar())[:40] in one]
            until(lambda: scanner(up=True), ARRIVAL_SECONDS, "the gauge")
            assert "rejected" in node.run("queue", "show", bad)
    assert_ended_well(node)
