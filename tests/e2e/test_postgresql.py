"""A node whose store is PostgreSQL: the same story as on SQLite."""

from pathlib import Path

from tests.e2e.conftest import assert_ended_well
from tests.e2e.letters import simple
from tests.peers.node import CAPTURE, Node


def test_a_message_is_accepted_delivered_and_told_of(tmp_path: Path, postgres_url: str) -> None:
    with Node.start(tmp_path, CAPTURE | {"PILLARBOX_STORE_URL": postgres_url}) as node:
        client = node.client("pinpoint-email")
        client.create_email_identity(EmailIdentity="example.com")
        to = [f"r{n}@receiver.example" for n in range(5)]
        sent = client.send_email(**simple("me@example.com", *to))
        events = node.events_when(sent["MessageId"], "Send", *["Delivery"] * 5)
        assert sorted(one["delivery"]["recipients"][0] for one in events[1:]) == to
        assert client.get_account()["SendQuota"]["SentLast24Hours"] == 5
        page = client.list_email_identities(PageSize=1)
        assert [one["IdentityName"] for one in page["EmailIdentities"]] == ["example.com"]
    assert_ended_well(node)
    assert not list(node.data.glob("*.sqlite"))
