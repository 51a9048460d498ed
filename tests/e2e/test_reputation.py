"""Mail that really bounces puts its account under review, then stops it, until the operator says.

Accounts are judged when a worker starts and once a minute then: the test restarts the node, as an
operator can who would not wait.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import RECEIVER, World
from tests.e2e.letters import simple
from tests.peers.node import DIRECT, Node
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = pytest.mark.postfix
ACCOUNT = "123456789012"
SERVICE = "judged.test"
SENDER = "me@judged-sender.example"
JUDGED_FROM = 20
JUDGED_SECONDS = 2 * ARRIVAL_SECONDS
"""When a worker starts, and once a minute."""
OPERATOR = f"also@{RECEIVER}"


@dataclass
class Judged:
    """A node that judges small accounts, in the world of the others: its DNS and its MX."""

    world: World
    folder: Path
    node: Node

    def restart(self) -> None:
        self.node.stop()
        self.node = start(self.world, self.folder)

    def send(self, *to: str) -> str:
        answer = self.node.client("sesv2").send_email(**simple(SENDER, *to))
        return str(answer["MessageId"])

    def bounce(self, to: str) -> None:
        """Send to somebody whom Postfix does not know."""
        (_, found) = self.node.events_when(self.send(to), "Send", "Bounce")
        assert found["bounce"]["bounceType"] == "Permanent"

    @property
    def status(self) -> str:
        return str(self.node.client("sesv2").get_account()["EnforcementStatus"])

    def becomes(self, status: str) -> None:
        """Wait until the account has a status."""
        until(lambda: self.status == status, JUDGED_SECONDS, f"the account to be in {status}")

    def operator_is_told(self, text: str) -> None:
        line = f"Subject: Account {ACCOUNT} {text}".encode()

        def told() -> bool:
            return any(line in one for one in self.world.mx.delivered("also"))

        until(told, ARRIVAL_SECONDS, f"the operator's mail: {text}")

    def errors(self) -> dict[str, str]:
        """What each API answers to a message, by its name."""
        ses = {
            "Source": SENDER,
            "Destination": {"ToAddresses": [f"ok@{RECEIVER}"]},
            "Message": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}},
        }
        calls = {name: simple(SENDER, f"ok@{RECEIVER}") for name in ("sesv2", "pinpoint-email")}
        found = {}
        for name, members in (calls | {"ses": ses}).items():
            with pytest.raises(ClientError) as caught:
                self.node.client(name).send_email(**members)
            found[name] = caught.value.response["Error"]["Code"]
        return found


def start(world: World, folder: Path) -> Node:
    settings = DIRECT | {
        "PILLARBOX_SERVICE_DOMAIN": SERVICE,
        "PILLARBOX_SERVICE_OPERATOR_EMAIL": OPERATOR,
        "PILLARBOX_DELIVER_SMTP_PORT": str(world.mx.port),
        "PILLARBOX_DNS_RESOLVER": world.zone.address,
        "PILLARBOX_REPUTATION_LEAST_RECIPIENTS": str(JUDGED_FROM),
    }
    node = Node.start(folder, settings, workers=1)
    world.zone.forward(SERVICE, node.dns_port)
    return node


@pytest.fixture
def judged(world, tmp_path):
    here = Judged(world, tmp_path / "judged", start(world, tmp_path / "judged"))
    try:
        World(here.node, world.zone, world.mx, SERVICE).verify(SENDER.partition("@")[2])
        yield here
    finally:
        here.node.stop()


@pytest.mark.timeout(8 * ARRIVAL_SECONDS)
def test_bounces_lead_to_review_and_to_a_stop_until_the_operator_restores_the_account(judged):
    sent = [judged.send(f"ok@{RECEIVER}") for _ in range(JUDGED_FROM - 1)]
    for one in sent:
        judged.node.events_when(one, "Send", "Delivery")
    assert judged.status == "HEALTHY"
    judged.bounce(f"gone@{RECEIVER}")  # 1 of 20: 5 %
    judged.restart()
    judged.becomes("PROBATION")
    judged.operator_is_told("is under review")
    judged.bounce(f"left@{RECEIVER}")  # who is under review goes on sending
    judged.bounce(f"never@{RECEIVER}")  # 3 of 22: 14 %
    judged.restart()
    judged.becomes("SHUTDOWN")
    judged.operator_is_told("was stopped")
    assert judged.errors() == {
        "sesv2": "SendingPausedException",
        "pinpoint-email": "SendingPausedException",
        "ses": "MessageRejected",
    }
    client = judged.node.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException):
        client.put_account_sending_attributes(SendingEnabled=True)
    judged.node.run("accounts", "set", ACCOUNT, "--restore")
    judged.node.events_when(judged.send(f"ok@{RECEIVER}"), "Send", "Delivery")
    judged.restart()  # it is judged again, and what went before is not held against it
    judged.node.events_when(judged.send(f"ok@{RECEIVER}"), "Send", "Delivery")
    assert judged.status == "HEALTHY"
